import Foundation

/// Property lists that others wrote.
enum PlistFile {
    /// Foundation's reader of XML calls itself for each level and takes 1 KiB of the stack for it: as many lists and sections as
    /// fit into half of the usual 8 MiB even if each stands in the one before. A kext has some hundreds.
    static let sections = 4000

    /// What each of them has to be, for messages.
    static let form = "a property list with at most \(sections) lists and sections"

    struct Unreadable: Error {}

    /// - Throws: as the decoder; `Unreadable` for what it would not survive.
    static func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
        // The binary form is read without such calls.
        if !data.starts(with: Data("bplist".utf8)) {
            // In UTF-16 the tags could not be counted.
            guard !data.contains(0), count("<array", in: data) + count("<dict", in: data) <= sections else { throw Unreadable() }
        }
        return try PropertyListDecoder().decode(type, from: data)
    }

    private static func count(_ tag: String, in data: Data) -> Int {
        let tag = Data(tag.utf8)
        var (count, start) = (0, data.startIndex)
        while let found = data.range(of: tag, in: start..<data.endIndex) { (count, start) = (count + 1, found.upperBound) }
        return count
    }
}
