import Diagnostics
import Foundation
import HostSupport

/// A release as GitHub's API describes it: https://docs.github.com/rest/releases/releases
struct GitHubRelease: Decodable, Equatable {
    struct Asset: Decodable, Equatable {
        var name: String
        /// Bytes.
        var size: Int
        /// "sha256:…"; null for files uploaded before GitHub computed digests (June 2025).
        var digest: String?
        var url: String

        enum CodingKeys: String, CodingKey {
            case name, size, digest
            case url = "browser_download_url"
        }

        /// 64 lower-case hexadecimal digits.
        var sha256: String? {
            guard let digest, digest.hasPrefix("sha256:") else { return nil }
            let digits = digest.dropFirst(7).lowercased()
            return digits.count == 64 && digits.allSatisfy(\.isHexDigit) ? digits : nil
        }
    }

    var tag: String
    var assets: [Asset]

    enum CodingKeys: String, CodingKey {
        case assets
        case tag = "tag_name"
    }

    /// - Parameter url: where the answer came from, for the message.
    /// - Throws: `unavailable`.
    init(_ text: String, from url: String) throws(OperationError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
        } catch {
            throw OperationError("read", url, cause: "the answer is not a release of GitHub's API", exit: .unavailable)
        }
        // Both become part of a line in the lock file, and the tag of a file name.
        guard tag.wholeMatch(of: /[0-9A-Za-z][0-9A-Za-z.]*/) != nil, assets.allSatisfy({ !$0.url.contains(where: \.isWhitespace) }) else {
            throw OperationError(
                "read", url, cause: "\(tag.printable) is not the tag of a version, or a URL contains blanks", exit: .unavailable)
        }
    }
}
