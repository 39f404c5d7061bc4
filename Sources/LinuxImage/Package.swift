/// A Debian package at one version.
public struct Package: Codable, Equatable, Hashable, Sendable {
    public var name: String
    public var version: String

    /// As apt-get install takes it.
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
