import Foundation
import HostSupport

/// What GitHub's API says of a release: https://docs.github.com/rest/releases/releases
struct GitHubRelease: Decodable, Equatable {
    struct Asset: Decodable, Equatable {
        var name: String
        /// Bytes.
        var size: Int
        /// "sha256:…"; null for what was uploaded before GitHub computed digests (June 2025).
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
}
