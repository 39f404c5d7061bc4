import Diagnostics
import HostSupport

/// Where Debian's packages come from.
package struct PackageSource: Equatable, Sendable {
    /// A Debian mirror; nil for this machine's own sources, or Debian's if there is a suite.
    package var mirror: String?
    /// Debian's code name; nil for this machine's own sources, or the default if there is a mirror.
    package var suite: String?
    /// The archive with security updates; nil for none.
    package var security: String?
    /// The keys that sign the lists.
    package var keyring: String

    package static let (debian, debianSecurity) = ("http://deb.debian.org/debian", "http://security.debian.org/debian-security")
    package static let defaultSuite = "bookworm"

    package init(
        mirror: String? = nil, suite: String? = nil, security: String? = debianSecurity,
        keyring: String = "/usr/share/keyrings/debian-archive-keyring.gpg"
    ) {
        (self.mirror, self.suite, self.security, self.keyring) = (mirror, suite, security, keyring)
    }

    /// The name of its cache: "host" for this machine's own sources.
    package var name: String { mirror == nil && suite == nil ? "host" : suite ?? Self.defaultSuite }

    /// sources.list(5), or nil for this machine's own sources.
    /// - Throws: `config` when this machine does not run Debian and neither mirror nor suite is given; `usage` for bad ones.
    func list(osRelease: String) throws(OperationError) -> String? {
        if mirror == nil && suite == nil {
            guard osRelease.split(separator: "\n").contains("ID=debian") else {
                throw OperationError(
                    "choose", "package source", cause: "this machine does not run Debian, whose packages the image is made of",
                    remedy: "add --suite \(Self.defaultSuite) or --mirror, and install debian-archive-keyring", exit: .config)
            }
            return nil
        }
        let (mirror, suite) = (self.mirror ?? Self.debian, self.suite ?? Self.defaultSuite)
        for url in [mirror] + (security.map { [$0] } ?? []) {
            guard url.contains("://"), !url.contains(where: \.isWhitespace), !keyring.contains(where: \.isWhitespace), !suite.isEmpty,
                suite.allSatisfy({ $0.isLetter || $0 == "-" })
            else {
                throw OperationError(
                    "choose", "package source", cause: "\(url.printable) with suite \(suite.printable) and keys in \(keyring) is not valid",
                    remedy: "give a URL such as http://mirror.example/debian, a code name such as bookworm, and an absolute path",
                    exit: .usage)
            }
        }
        var sources = ["\(mirror) \(suite)"]
        // Unstable has neither of them: its packages come straight from their maintainers.
        if !["sid", "unstable"].contains(suite) {
            sources.append("\(mirror) \(suite)-updates")
            if let security { sources.append("\(security) \(suite)-security") }
        }
        return sources.map { "deb [signed-by=\(keyring)] \($0) main\n" }.joined()
    }
}

/// A Debian package at one version.
package struct Package: Codable, Equatable, Hashable, Sendable {
    package var name: String
    package var version: String

    /// Whether Debian Policy 5.6.1 and 5.6.12 allow both: they become arguments and file names.
    var isValid: Bool {
        func holds(_ text: String, _ others: String) -> Bool {
            text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || others.utf8.contains(byte)
            }
        }
        let first = version.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        return name.count > 1 && !["+", "-", "."].contains(name.prefix(1)) && holds(name, "+-.") && first
            && holds(version.lowercased(), ".+~:-")
    }

    /// As an argument of apt-get install.
    var pinned: String { "\(name)=\(version)" }

    /// What `apt-get --simulate install` prints for each: "Inst libc6 (2.36-9 Debian:12/stable [amd64])".
    static func list(simulation: String) -> [Package] {
        simulation.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 2, words[0] == "Inst", words[2].hasPrefix("(") else { return nil }
            return Package(name: String(words[1]), version: String(words[2].dropFirst()))
        }
    }
}
