/// A value as a source wrote it, before its key makes sense of it.
package enum ConfigurationInput: Equatable, Sendable {
    /// A text, or a number of the TOML file.
    case text(String)
    /// `true` or `false` of the TOML file, without quotes.
    case boolean(Bool)
    /// An array of the TOML file.
    case list([String])
    /// What no key takes: "a date", "a table".
    case foreign(String)

    /// The longest text that a message shows.
    private static let shown = 80

    /// As it is shown in messages: quoted, shortened, with control characters made visible.
    package var description: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .boolean(let value): value ? "true" : "false"
        case .list(let items): "[" + items.prefix(8).map(Self.quoted).joined(separator: ", ") + (items.count > 8 ? ", ...]" : "]")
        case .foreign(let kind): kind
        }
    }

    package static func quoted(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(shown).map { scalar in
            isControl(scalar) ? "\\u{" + String(scalar.value, radix: 16) + "}" : String(scalar)
        }
        return "'" + visible.joined() + (text.unicodeScalars.count > shown ? "...'" : "'")
    }

    /// C0, DEL, C1 and the two Unicode line ends: none of them belongs in a name, a path or an argument.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    package var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let items): items
        case .boolean, .foreign: []
        }
    }
}

/// Why a value was refused; nil when it simply is not what its key expects.
package struct Rejection: Error, Equatable {
    package var detail: String?
}
