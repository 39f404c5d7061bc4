import Diagnostics
import HostSupport

/// Where Debian's packages come from.
package struct PackageSource: Equatable, Sendable {
    /// A Debian mirror; nil for this machine's own sources if they are of the suite, and for Debian's mirror if not.
    package var mirror: String?
    /// Debian's code name.
    package var suite: String
    /// The archive with security updates; nil for none. This machine's own sources have their own.
    package var security: String?
    /// The keys that sign the lists.
    package var keyring: String

    package static let (debian, debianSecurity) = ("http://deb.debian.org/debian", "http://security.debian.org/debian-security")
    /// Debian 13, with QEMU 10 and Linux 6.12.
    package static let defaultSuite = "trixie"

    package init(
        mirror: String? = nil, suite: String = defaultSuite, security: String? = debianSecurity,
        keyring: String = "/usr/share/keyrings/debian-archive-keyring.gpg"
    ) {
        (self.mirror, self.suite, self.security, self.keyring) = (mirror, suite, security, keyring)
    }

    /// sources.list(5), or nil for this machine's own sources.
    /// - Throws: `usage` for a mirror or a suite that is not valid.
    func list(osRelease: String) throws(OperationError) -> String? {
        let lines = osRelease.split(separator: "\n")
        if mirror == nil, lines.contains("ID=debian"), lines.contains("VERSION_CODENAME=\(suite)") { return nil }
        let mirror = self.mirror ?? Self.debian
        for url in [mirror] + (security.map { [$0] } ?? []) {
            guard url.contains("://"), !url.contains(where: \.isWhitespace), !keyring.contains(where: \.isWhitespace), !suite.isEmpty,
                suite.allSatisfy({ $0.isLetter || $0 == "-" })
            else {
                throw OperationError(
                    "choose", "package source", cause: "\(url.printable) with suite \(suite.printable) and keys in \(keyring) is not valid",
                    remedy:
                        "give a URL such as http://mirror.example/debian, a code name such as \(Self.defaultSuite), and an absolute path",
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
