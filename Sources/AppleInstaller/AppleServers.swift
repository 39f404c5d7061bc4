package import Diagnostics
import Foundation

/// Where Apple's files are, and how their URLs are used: over https only, from Apple's own hosts only.
package struct AppleServers: Equatable, Sendable {
    /// A server that has Apple's files below the names of their hosts: MIRROR/swcdn.apple.com/content/...
    package var mirror: String?

    package static let apple = AppleServers()

    /// - Throws: `usage` for a mirror that is not an http or https URL.
    package init(mirror: String? = nil) throws(OperationError) {
        let text = mirror.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        if let text, !["http://", "https://"].contains(where: text.hasPrefix) || text.contains(where: \.isWhitespace) {
            throw OperationError("use", "--mirror \(text.printable)", cause: "it is not an https URL", exit: .usage)
        }
        self.mirror = text
    }

    private init() { mirror = nil }

    package static let catalogs = "https://swscan.apple.com/content/catalogs/others/"
    package static let recovery = "https://osrecovery.apple.com/"
    /// Domains, whose hosts are Apple's.
    private static let domains = ["apple.com", "cdn-apple.com"]

    /// The URL to ask. The catalog's own ones say http; the same servers answer over https.
    /// - Throws: `dataError` for a URL of another host.
    package func url(_ text: String) throws(OperationError) -> String {
        guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme), let host = parts.host?.lowercased(),
            parts.user == nil, parts.port == nil, Self.domains.contains(where: { host == $0 || host.hasSuffix("." + $0) }),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else {
            throw OperationError(
                "use URL", text.printable, cause: "it is not a URL of Apple's", remedy: "try again later", exit: .dataError)
        }
        let tail = parts.percentEncodedPath + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
        return (mirror.map { $0 + "/" } ?? "https://") + host + (tail.hasPrefix("/") ? tail : "/" + tail)
    }

    /// The last component of a URL's path; nil for none.
    package static func fileName(_ url: String) -> String? {
        URLComponents(string: url).flatMap { $0.path.split(separator: "/").last.map(String.init) }
    }
}
