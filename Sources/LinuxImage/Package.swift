/// A Debian package at one version.
package struct Package: Codable, Equatable, Hashable, Sendable {
    package var name: String
    package var version: String

    /// Whether both are what Debian Policy 5.6.1 and 5.6.12 allow: they become arguments and file names.
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
