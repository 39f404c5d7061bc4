/// The arguments of QEMU in order, without the program's name.
///
/// QEMU merges or overrides some options that come twice and fails late on others; here the second one is refused.
public struct CommandLine: Codable, Equatable, Sendable {
    public private(set) var arguments: [CommandLine.Argument] = []
    /// Words after the arguments, neither checked nor escaped: what the user wrote.
    public private(set) var extra: [String] = []

    /// Options that may come more than once: every other one is refused the second time.
    private static let repeatable: Set<String> = [
        "-add-fd", "-audiodev", "-blockdev", "-chardev", "-device", "-drive", "-fw_cfg", "-global", "-mon", "-netdev", "-object",
        "-qmp", "-serial", "-set", "-smbios", "-trace",
    ]

    public init() {}

    public init(_ arguments: [CommandLine.Argument], extra: [String] = []) throws(QemuArgsError) {
        for argument in arguments { try append(argument) }
        self.extra = extra
    }

    /// - Throws: `QemuArgsError.repeatedOption`, `.repeatedID`, or `.invalidValue` for a NUL byte, which would end the word in `execve`.
    public mutating func append(_ argument: CommandLine.Argument) throws(QemuArgsError) {
        let option = argument.option
        guard CommandLine.repeatable.contains(option) || !arguments.contains(where: { $0.option == option }) else {
            throw .repeatedOption(option)
        }
        if let id = argument.value?.value(of: "id"),
            arguments.contains(where: { $0.option == option && $0.value?.value(of: "id") == id })
        {
            throw .repeatedID(option: option, id: id)
        }
        if argument.words.contains(where: { $0.utf8.contains(0) }) {
            throw .invalidValue(what: argument.option, value: argument.description, reason: "contains a NUL byte")
        }
        arguments.append(argument)
    }

    public mutating func append(_ arguments: [CommandLine.Argument]) throws(QemuArgsError) {
        for argument in arguments { try append(argument) }
    }

    public mutating func append(extra words: [String]) { extra += words }

    /// What `execve` takes after the program's name.
    public var argv: [String] { arguments.flatMap(\.words) + extra }

    /// One argument a line, its value behind it; each further word has its own line.
    public var lines: [String] { arguments.map(\.description) + extra }
}
