/// One QEMU argument: an option and what follows it.
public struct Argument: Codable, Equatable, Sendable, CustomStringConvertible {
    /// With its dash: `-device`.
    public var option: String
    /// nil for an option that takes nothing: `-nodefaults`.
    public var value: OptionString?

    public init(_ option: String, _ value: OptionString? = nil) {
        self.option = option
        self.value = value
    }
    /// An option with one plain value: `-uuid X`.
    public init(_ option: String, _ value: String) { self.init(option, OptionString(value)) }

    public static func device(_ value: OptionString) -> Argument { Argument("-device", value) }
    public static func drive(_ value: OptionString) -> Argument { Argument("-drive", value) }
    public static func object(_ value: OptionString) -> Argument { Argument("-object", value) }
    public static func chardev(_ value: OptionString) -> Argument { Argument("-chardev", value) }
    /// `-global driver.property=value`
    public static func global(_ property: String, _ value: String) -> Argument { Argument("-global", OptionString().with(property, value)) }

    var words: [String] { value.map { [option, $0.description] } ?? [option] }
    public var description: String { words.joined(separator: " ") }
}

/// The arguments of QEMU in order, without the program's name.
///
/// QEMU merges or overrides some options that come twice and fails late on others; here the second one is refused.
public struct CommandLine: Codable, Equatable, Sendable {
    public private(set) var arguments: [Argument] = []
    /// Words after the arguments, neither checked nor escaped: what the user wrote.
    public private(set) var extra: [String] = []

    /// Options that may come more than once: every other one is refused the second time.
    private static let repeatable: Set<String> = [
        "-add-fd", "-audiodev", "-blockdev", "-chardev", "-device", "-drive", "-fw_cfg", "-global", "-mon", "-netdev", "-object",
        "-qmp", "-serial", "-set", "-smbios", "-trace",
    ]

    public init() {}

    public init(_ arguments: [Argument], extra: [String] = []) throws(QemuArgsError) {
        for argument in arguments { try append(argument) }
        self.extra = extra
    }

    /// - Throws: `QemuArgsError.repeatedOption`, `.repeatedID`, or `.invalidValue` for a NUL byte, which would end the word in `execve`.
    public mutating func append(_ argument: Argument) throws(QemuArgsError) {
        let sameOption = arguments.filter { $0.option == argument.option }
        guard sameOption.isEmpty || CommandLine.repeatable.contains(argument.option) else {
            throw .repeatedOption(argument.option)
        }
        if let id = argument.value?.value(of: "id"), sameOption.contains(where: { $0.value?.value(of: "id") == id }) {
            throw .repeatedID(option: argument.option, id: id)
        }
        if argument.words.contains(where: { $0.utf8.contains(0) }) {
            throw .invalidValue(what: argument.option, value: argument.description, reason: "contains a NUL byte")
        }
        arguments.append(argument)
    }

    public mutating func append(_ arguments: [Argument]) throws(QemuArgsError) {
        for argument in arguments { try append(argument) }
    }

    public mutating func append(extra words: [String]) { extra += words }

    /// What `execve` takes after the program's name.
    public var argv: [String] { arguments.flatMap(\.words) + extra }

    /// One argument a line, its value behind it; each further word has its own line.
    public var lines: [String] { arguments.map(\.description) + extra }
}
