package import Diagnostics
import NetworkValues

/// One `key = value` of a source, not yet checked.
package struct ConfigurationAssignment: Equatable, Sendable {
    /// In the form of `ConfigurationKey.name`: "guest.memory". It may be unknown.
    package var key: String
    /// As the source spells it: "boot.guest.memory".
    package var spelled: String
    package var input: ConfigurationInput
    package var origin: ConfigurationOrigin

    package init(_ key: String, spelled: String? = nil, _ input: ConfigurationInput, _ origin: ConfigurationOrigin) {
        self.key = key
        self.spelled = spelled ?? key
        self.input = input
        self.origin = origin
    }

    /// Sets the key in `configuration`.
    /// - Throws: an `OperationError` that names the source, the key, the value and what was expected.
    package func apply(to configuration: inout Configuration) throws(OperationError) -> ConfigurationKey {
        guard let key = ConfigurationKey.named(key) else { throw unknown }
        do {
            try key.set(input, in: &configuration)
        } catch {
            let problem = error.detail.map { ": \($0); expected " } ?? " is not "
            throw OperationError(
                "configure", key.name, cause: "\(input.description) (\(origin))\(problem)\(key.expected)", exit: origin.exit)
        }
        return key
    }

    private var unknown: OperationError {
        let nearest = ConfigurationKey.nearest(to: key).map { "check the spelling: did you mean \(origin.spelling(of: $0))?" }
        return OperationError(
            "configure", "", cause: "\(ConfigurationInput.quoted(spelled)) (\(origin)) is no known key", remedy: nearest,
            exit: origin.exit)
    }
}

/// A value as a source has it, before a key parses it.
package enum ConfigurationInput: Equatable, Sendable {
    /// A text, or an integer of the TOML file.
    case text(String)
    /// `true` or `false` of the TOML file, without quotes.
    case boolean(Bool)
    /// An array of the TOML file.
    case list([String])
    /// A value that no key accepts: "a table".
    case foreign(String)
    /// A number with a decimal point of the TOML file.
    case fraction(String)

    /// Characters of a value that a message shows.
    private static let shown = 80

    /// As messages show it: quoted, shortened, with control characters escaped.
    package var description: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .boolean(let value): value ? "true" : "false"
        case .list(let items): "[" + items.prefix(8).map(Self.quoted).joined(separator: ", ") + (items.count > 8 ? ", ...]" : "]")
        case .foreign(let kind): kind
        case .fraction: "a floating-point number"
        }
    }

    package static func quoted(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(shown).map { scalar in
            let character = String(scalar)
            return character.printable == character ? character : "\\u{" + String(scalar.value, radix: 16) + "}"
        }
        return "'" + visible.joined() + (text.unicodeScalars.count > shown ? "...'" : "'")
    }

    /// C0, DEL, C1 and the two Unicode line ends: no key accepts them.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    package var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let items): items
        case .boolean, .foreign, .fraction: []
        }
    }
}

/// Why a value was refused.
package struct Rejection: Error, Equatable {
    /// nil if the value is simply not what its key expects.
    package var detail: String?
}

/// The source of a value.
package enum ConfigurationOrigin: Hashable, Sendable, TextCodable {
    case file(String)
    case kernelCommandLine
    /// With the name of the variable.
    case environment(String)
    /// With the flag: "--memory" or "--set".
    case flag(String)
    /// With the program that sets it: "macos-virt run".
    case program(String)

    package init?(_ text: String) {
        if text == "kernel command line" {
            self = .kernelCommandLine
        } else if let path = text.after("file ") {
            self = .file(path)
        } else if let name = text.after("environment ") {
            self = .environment(name)
        } else if let flag = text.after("flag ") {
            self = .flag(flag)
        } else if let program = text.after("set by ") {
            self = .program(program)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .file(let path): "file " + path
        case .kernelCommandLine: "kernel command line"
        case .environment(let name): "environment " + name
        case .flag(let flag): "flag " + flag
        case .program(let program): "set by " + program
        }
    }

    package static var expected: String { "a source such as 'file /etc/macos-virt/boot.toml' or 'flag --memory'" }

    /// The exit code for a wrong value of this source.
    package var exit: ExitStatus {
        switch self {
        case .flag: .usage
        case .file, .kernelCommandLine, .environment, .program: .config
        }
    }

    /// How this source spells the name of a key.
    package func spelling(of key: ConfigurationKey) -> String {
        switch self {
        case .file, .flag, .program: key.name
        case .kernelCommandLine: key.kernelParameter
        case .environment: key.environmentVariable
        }
    }
}
