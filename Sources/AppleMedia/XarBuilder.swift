import Crypto
package import DiskFormats
import MediaCodecs

/// Makes xar archives: installer packages without a signature.
///
/// SHA-1, the checksum that xar of every release of macOS knows: it finds damage, and an archive without a signature has nothing
/// to protect. Contents are stored as they are, since what is large in a package is compressed already. No times: the same items give
/// the same bytes.
package struct XarBuilder {
    package struct Item: Sendable {
        /// Names joined by slashes: "a.pkg/Scripts".
        package var path: String
        package var content: any ByteSource

        package init(_ path: String, _ content: any ByteSource) { (self.path, self.content) = (path, content) }
    }

    private let items: [Item]

    package init(_ items: [Item]) { self.items = items }

    /// - Returns: bytes of the archive.
    /// - Throws: `writing`; what reading a content throws.
    @discardableResult
    package func write(to sink: any ByteSink) throws(FormatError) -> Int {
        let table = Array(try contents().utf8)
        var packed: [UInt8] = []
        var encoder = try DeflateEncoder(.zlib)
        try table.withBytes { (bytes) throws(FormatError) in
            try encoder.encode(bytes, isLast: true) { (part) in packed.append(contentsOf: part) }
        }
        // Magic, size of the header, version 1; sizes of the table, packed and not; 1 is SHA-1.
        var header = Array("xar!".utf8) + [0, 28, 0, 1]
        for number in [UInt64(packed.count), UInt64(table.count)] { withUnsafeBytes(of: number.bigEndian) { header += $0 } }
        let start = header + [0, 0, 0, 1] + packed + Insecure.SHA1.hash(data: packed)
        try sink.write(start, at: 0)
        var at = start.count
        for item in items {
            try sink.copy(item.content, from: 0, count: item.content.size, at: at)
            at += item.content.size
        }
        return at
    }

    /// The table of contents. The checksum of the packed table comes first in the heap, then the files in their order.
    private func contents() throws(FormatError) -> String {
        let root = Directory()
        var offset = Insecure.SHA1.byteCount
        for (index, item) in items.enumerated() {
            let checksum = try Checksum.Algorithm.sha1.checksum(of: SourceStream(item.content)).text
            let size = item.content.size
            root.insert(item.path.split(separator: "/").map(String.init)) { name in
                """
                <file id="\(index + 1)"><data><length>\(size)</length><offset>\(offset)</offset><size>\(size)</size>\
                <encoding style="application/octet-stream"/><extracted-checksum style="sha1">\(checksum)</extracted-checksum>\
                <archived-checksum style="sha1">\(checksum)</archived-checksum></data><mode>0644</mode>\(Self.owner)\
                <type>file</type><name>\(name)</name></file>

                """
            }
            offset += size
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <xar><toc><checksum style="sha1"><offset>0</offset><size>\(Insecure.SHA1.byteCount)</size></checksum>
            \(root.text(firstNumber: items.count + 1).text)</toc></xar>

            """
    }

    private static let owner = "<uid>0</uid><user>root</user><gid>0</gid><group>wheel</group>"

    /// What is in a directory, in the order in which it came.
    private final class Directory {
        private var names: [String] = []
        private var files: [String: String] = [:]
        private var directories: [String: Directory] = [:]

        func insert(_ path: [String], _ element: (String) -> String) {
            guard let name = path.first else { return }
            if path.count == 1 {
                files[name] = element(XarBuilder.escaped(name))
                names.append(name)
            } else {
                if directories[name] == nil {
                    directories[name] = Directory()
                    names.append(name)
                }
                directories[name]?.insert(Array(path.dropFirst()), element)
            }
        }

        /// - Parameter firstNumber: of the directories, which come after the files in the numbering.
        func text(firstNumber: Int) -> (text: String, next: Int) {
            var (result, number) = ("", firstNumber)
            for name in names {
                guard let directory = directories[name] else {
                    result += files[name] ?? ""
                    continue
                }
                let own = number
                let inner = directory.text(firstNumber: number + 1)
                number = inner.next
                result += """
                    <file id="\(own)"><mode>0755</mode>\(XarBuilder.owner)<type>directory</type><name>\(XarBuilder.escaped(name))</name>
                    \(inner.text)</file>

                    """
            }
            return (result, number)
        }
    }

    fileprivate static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
