import Diagnostics
import Foundation
import HostSupport

/// Where Debian's packages come from.
package struct PackageSource: Equatable, Sendable {
    /// A mirror instead of those that this machine's apt uses.
    package var mirror: String?
    /// Debian's code name, with a mirror.
    package var suite: String
    /// The keys that the mirror's lists are signed with.
    package var keyring: String

    package init(mirror: String? = nil, suite: String = "bookworm", keyring: String = "/usr/share/keyrings/debian-archive-keyring.gpg") {
        (self.mirror, self.suite, self.keyring) = (mirror, suite, keyring)
    }

    /// sources.list(5), or nil for this machine's own sources.
    /// - Throws: `config` when this machine is no Debian and no mirror is given.
    func list(osRelease: String) throws(OperationError) -> String? {
        guard let mirror else {
            guard osRelease.split(separator: "\n").contains("ID=debian") else {
                throw OperationError(
                    "choose", "package source", cause: "this machine is not Debian, so its packages are not what the image is made of",
                    remedy: "name a Debian mirror with --mirror, and install debian-archive-keyring", exit: .config)
            }
            return nil
        }
        guard mirror.contains("://"), !mirror.contains(where: \.isWhitespace), !suite.isEmpty,
            suite.allSatisfy({ $0.isLetter || $0 == "-" })
        else {
            throw OperationError(
                "choose", "package source", cause: "\(mirror) with suite \(suite) and keys in \(keyring) is no mirror",
                remedy: "expected a URL such as http://mirror.example/debian, a code name such as bookworm, and an absolute path",
                exit: .usage)
        }
        return [suite, suite + "-updates"].map { "deb [signed-by=\(keyring)] \(mirror) \($0) main\n" }.joined()
    }
}
