import Foundation

/// Reads property lists from elsewhere.
enum PlistFile {
    /// Foundation's XML reader recurses for each level and uses 1 KiB of stack for it. This many lists and sections fit into half
    /// of the usual 8 MiB even if each is nested in the one before. A kext has some hundreds.
    static let sections = 4000

    /// What is expected, for messages.
    static let form = "a property list with at most \(sections) lists and sections"

    struct Unreadable: Error {}

    /// - Throws: as the decoder; `Unreadable` for what would overflow its stack.
    static func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
        // The reader of the binary form does not recurse like that.
        if !data.starts(with: Data("bplist".utf8)) {
            // The tags cannot be counted in UTF-16.
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
