package import Crypto
package import Foundation

/// One file on a server.
package struct Download: Equatable, Sendable {
    /// What is known of the content before it is fetched.
    package enum Content: Equatable, Sendable {
        /// SHA-256: 64 lower-case hexadecimal digits.
        case sha256(String)
        /// Sizes and digests of its pieces.
        case pieces(PieceList)
        /// Only the size: the content is trusted at first use, and has to be checked in another way.
        case unknown
    }

    /// The name that it is stored under: one path component.
    package var name: String
    package var url: String
    /// Bytes.
    package var size: Int
    package var content: Content
    /// A secret that the server asks for: the value of the header Cookie. It is kept out of command lines and messages.
    package var cookie: String?

    package init(name: String, url: String, size: Int, content: Content, cookie: String? = nil) {
        (self.name, self.url, self.size, self.content, self.cookie) = (name, url, size, content, cookie)
    }

    package init(name: String, url: String, size: Int, digest: String) {
        self.init(name: name, url: url, size: size, content: .sha256(digest))
    }

    /// The name of its partial file: by content, or by URL and size where that is all there is.
    var key: String {
        switch content {
        case .sha256(let digest): digest
        case .pieces(let list): list.digest
        case .unknown: Data("\(size) \(url)".utf8).sha256
        }
    }

    /// Whether a text is such a digest.
    package static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// Whether a name is one path component that can be stored.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200 && text != "." && text != ".."
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    }
}

extension Data {
    /// The SHA-256 of these bytes: 64 lower-case hexadecimal digits.
    package var sha256: String { SHA256.hash(data: self).hexadecimal }
}

extension Digest {
    /// Two lower-case digits for each byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
