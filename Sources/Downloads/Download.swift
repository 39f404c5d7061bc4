/// One file on a server, whose content is known before it is fetched.
package struct Download: Equatable, Sendable {
    /// The name that it is stored under: one path component.
    package var name: String
    package var url: String
    /// Bytes.
    package var size: Int
    /// SHA-256: 64 lower-case hexadecimal digits.
    package var digest: String

    package init(name: String, url: String, size: Int, digest: String) {
        (self.name, self.url, self.size, self.digest) = (name, url, size, digest)
    }

    /// Whether a text is such a digest.
    package static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
