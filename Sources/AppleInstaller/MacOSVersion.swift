/// The version of a macOS, such as 10.13.6 or 15.
package struct MacOSVersion: Equatable, Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Two to four numbers; "15" means 15.0 when it is compared.
    package let numbers: [Int]

    /// nil for what is not one to four numbers with dots between them.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } && $0.utf8.count <= 4 ? Int($0) : nil }
        guard (1...4).contains(parts.count), numbers.count == parts.count, let first = numbers.first, first >= 10 else { return nil }
        self.numbers = numbers
    }

    package var description: String { numbers.map(String.init).joined(separator: ".") }

    /// "10.15" before 11, then one number: what a release is called.
    package var release: String { numbers[0] == 10 ? numbers.prefix(2).map(String.init).joined(separator: ".") : String(numbers[0]) }

    package static func < (a: MacOSVersion, b: MacOSVersion) -> Bool { a.padded.lexicographicallyPrecedes(b.padded) }
    package static func == (a: MacOSVersion, b: MacOSVersion) -> Bool { a.padded == b.padded }
    package func hash(into hasher: inout Hasher) { hasher.combine(padded) }

    private var padded: [Int] { numbers + Array(repeating: 0, count: 4 - numbers.count) }

    /// Whether this is the version that a user named, or one of its updates: 15 names 15.6.1.
    package func isUpdate(of wanted: MacOSVersion) -> Bool { numbers.starts(with: wanted.numbers) || self == wanted }
}

/// The build of a macOS, such as 22H730: Darwin's major version, a letter for the minor version, a number. Betas end with a small letter.
package struct MacOSBuild: Equatable, Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String
    private let darwin: Int
    private let letter: Character
    private let number: Int

    /// nil for anything else.
    package init?(_ text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(digits.count)
        guard (1...3).contains(digits.count), let darwin = Int(digits), let letter = rest.first, letter.isASCII, letter.isUppercase else {
            return nil
        }
        let last = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let suffix = rest.dropFirst(1 + last.count)
        guard (1...6).contains(last.count), let number = Int(last), suffix.count <= 1, suffix.allSatisfy({ $0.isASCII && $0.isLowercase })
        else { return nil }
        (description, self.darwin, self.letter, self.number) = (String(text), darwin, letter, number)
    }

    package var isBeta: Bool { description.last?.isLowercase ?? false }

    package static func < (a: MacOSBuild, b: MacOSBuild) -> Bool {
        (a.darwin, String(a.letter), a.number, a.description) < (b.darwin, String(b.letter), b.number, b.description)
    }
}
