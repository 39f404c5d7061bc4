package import DiskFormats
package import MediaCodecs

/// Writes the cpio archives of packages: the old portable format ("odc"), which `Scripts` and `Payload` have.
///
/// Everything belongs to root and has no time. The same items give the same bytes.
package struct CpioWriter {
    /// A file or a directory.
    package struct Item: Sendable {
        /// As the archive gets it: "./postinstall".
        package var path: String
        /// Permissions; the type follows from the content.
        package var mode: Int
        /// nil for a directory.
        package var content: (any ByteSource)?

        package init(_ path: String, mode: Int = 0o644, _ content: (any ByteSource)?) {
            (self.path, self.mode, self.content) = (path, mode, content)
        }
    }

    /// The largest numbers of 6 and 11 octal digits.
    private static let (shortLimit, longLimit) = (0o777777, 0o77777777777)

    private let output: GzipOutput
    /// Numbers the files: two of the same number would be hard links.
    private var inode = 0

    package init(_ output: GzipOutput) { self.output = output }

    /// - Throws: `unsupported` for what the format cannot hold; `writing`; what reading the content throws.
    package mutating func append(_ item: Item) throws(FormatError) {
        inode += 1
        let size = item.content?.size ?? 0
        let type = item.content == nil ? 0o040000 : 0o100000
        guard inode <= Self.shortLimit else { throw .unsupported("a cpio archive cannot have \(inode) files") }
        guard size <= Self.longLimit else {
            throw .unsupported("\(item.path) is larger than the 8 GiB that a file of a cpio archive can have")
        }
        try header(item.path, mode: type | item.mode & 0o7777, links: item.content == nil ? 2 : 1, size: size)
        if let content = item.content {
            try SourceStream(content).forEach { (part) throws(FormatError) in
                if Task.isCancelled { throw .interrupted }
                try output.append(part)
            }
        }
    }

    /// The entry that ends every archive.
    package mutating func finish() throws(FormatError) {
        inode = 0
        try header("TRAILER!!!", mode: 0, links: 1, size: 0)
    }

    /// POSIX.1-2001, pax, "cpio Interchange Format": octal digits. Device, inode, mode, owner, group, links, device number, time, length
    /// of the name with its NUL, size.
    private func header(_ path: String, mode: Int, links: Int, size: Int) throws(FormatError) {
        guard path.utf8.count < Self.shortLimit, !path.utf8.contains(0) else { throw .unsupported("a name in a cpio archive is too long") }
        let short = [0, inode, mode, 0, 0, links, 0].map { Self.octal($0, digits: 6) }.joined()
        let text = "070707" + short + Self.octal(0, digits: 11) + Self.octal(path.utf8.count + 1, digits: 6) + Self.octal(size, digits: 11)
        try output.append(Array(text.utf8) + Array(path.utf8) + [0])
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
