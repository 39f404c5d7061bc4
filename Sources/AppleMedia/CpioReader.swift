package import DiskFormats
package import MediaCodecs

/// Reads a cpio archive from its start to its end: the old portable format ("odc"), which packages use, and "newc".
///
/// After `next` the content of the entry can be read from `content`; what was not read is skipped.
package final class CpioReader {
    package struct Entry: Equatable, Sendable {
        /// As the archive has it: "./Applications/a". Not checked for use on a disk.
        package var path: String
        /// Type and permissions as in stat(2).
        package var mode: Int
        package var owner, group, links: Int
        /// Names the file among its hard links, together with its device.
        package var inode, device: Int
        /// Seconds since 1970.
        package var modified: Int
        /// Bytes. A symbolic link's content is what it points to.
        package var size: Int

        package var isDirectory: Bool { mode & 0o170000 == 0o040000 }
        package var isLink: Bool { mode & 0o170000 == 0o120000 }
        package var isRegular: Bool { mode & 0o170000 == 0o100000 }
    }

    private let input: any ByteStream
    private var body: BoundedStream?
    private var padding = 0
    private var isFinished = false

    /// Bytes; PATH_MAX of macOS is 1024.
    private static let nameLimit = 4096

    package init(_ input: any ByteStream) { self.input = input }

    /// The content of the entry that `next` returned last.
    package var content: any ByteStream { body ?? BoundedStream(input, count: 0) }

    /// The next entry; nil at the end.
    /// - Throws: `damaged`; `unsupported` for the binary format.
    package func next() throws(FormatError) -> Entry? {
        guard !isFinished else { return nil }
        if let body {
            try body.skip(body.left)
            try input.skip(padding)
        }
        let magic = try input.bytes(6)
        let entry: Entry
        switch String(decoding: magic, as: UTF8.self) {
        case "070707": entry = try portable()
        case "070701", "070702": entry = try new()
        default:
            if magic.starts(with: [0xc7, 0x71]) || magic.starts(with: [0x71, 0xc7]) { throw .unsupported("it is a binary cpio archive") }
            throw .damaged("it is no cpio archive, or one of its entries is damaged")
        }
        guard entry.path != "TRAILER!!!" else {
            isFinished = true
            return nil
        }
        body = BoundedStream(input, count: entry.size)
        return entry
    }

    /// Octal numbers of 6 and 11 digits: POSIX.1-2001, pax, "cpio Interchange Format".
    private func portable() throws(FormatError) -> Entry {
        let header = try input.bytes(70)
        var at = 0
        func number(_ width: Int) throws(FormatError) -> Int {
            defer { at += width }
            return try Self.number(header[at..<(at + width)], radix: 8)
        }
        let (device, inode, mode, owner, group, links) = (
            try number(6), try number(6), try number(6), try number(6), try number(6), try number(6)
        )
        _ = try number(6)
        let (modified, nameSize, size) = (try number(11), try number(6), try number(11))
        padding = 0
        return Entry(
            path: try name(nameSize), mode: mode, owner: owner, group: group, links: links, inode: inode, device: device,
            modified: modified, size: size)
    }

    /// Hexadecimal numbers of 8 digits; name and content are padded to four bytes.
    private func new() throws(FormatError) -> Entry {
        let header = try input.bytes(104)
        func number(_ index: Int) throws(FormatError) -> Int { try Self.number(header[(8 * index)..<(8 * index + 8)], radix: 16) }
        let (inode, mode, owner, group, links, modified, size) = (
            try number(0), try number(1), try number(2), try number(3), try number(4), try number(5), try number(6)
        )
        let (major, minor, nameSize) = (try number(7), try number(8), try number(11))
        let path = try name(nameSize)
        try input.skip((4 - (110 + nameSize) % 4) % 4)
        padding = (4 - size % 4) % 4
        return Entry(
            path: path, mode: mode, owner: owner, group: group, links: links, inode: inode, device: major << 32 | minor,
            modified: modified, size: size)
    }

    private func name(_ size: Int) throws(FormatError) -> String {
        guard (1...Self.nameLimit).contains(size) else { throw .damaged("a cpio entry has a name of \(size) bytes") }
        return String(decoding: try input.bytes(size).dropLast(), as: UTF8.self)
    }

    private static func number(_ digits: ArraySlice<UInt8>, radix: Int) throws(FormatError) -> Int {
        var value = 0
        for digit in digits {
            guard let number = Character(UnicodeScalar(digit)).hexDigitValue, number < radix else {
                throw .damaged("a cpio entry has a damaged number")
            }
            value = value * radix + number
        }
        return value
    }
}
