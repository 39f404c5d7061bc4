/// The arguments of QEMU in order, without the program's name.
///
/// QEMU merges or overrides some options that come twice and fails late on others; here the second one is refused.
public struct QemuCommandLine: Equatable, Sendable {
    private var arguments: [QemuArgument] = []
    /// Words after the arguments, neither checked nor escaped: what the user wrote.
    private var extra: [String] = []

    /// Options that may come more than once: every other one is refused the second time.
    private static let repeatable: Set<String> = [
        "-add-fd", "-audiodev", "-blockdev", "-chardev", "-device", "-drive", "-fw_cfg", "-global", "-mon", "-netdev", "-object",
        "-qmp", "-serial", "-set", "-smbios", "-trace",
    ]

    public init() {}

    /// - Throws: as `append`.
    public init(_ arguments: [QemuArgument], extra: [String] = []) throws(QemuArgsError) {
        try append(arguments)
        self.extra = extra
    }

    /// - Throws: `QemuArgsError.repeatedOption`, `.repeatedID`, or `.invalidValue` for a NUL byte, which would end the word in `execve`.
    public mutating func append(_ argument: QemuArgument) throws(QemuArgsError) {
        let option = argument.option
        guard Self.repeatable.contains(option) || !arguments.contains(where: { $0.option == option }) else {
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

    /// - Throws: as for one argument.
    public mutating func append(_ arguments: [QemuArgument]) throws(QemuArgsError) {
        for argument in arguments { try append(argument) }
    }

    public mutating func append(extra words: [String]) { extra += words }

    /// What `execve` takes after the program's name.
    public var argv: [String] { arguments.flatMap(\.words) + extra }

    /// One argument a line, its value behind it; each further word has its own line.
    public var lines: [String] { arguments.map(\.description) + extra }

    /// The devices that QEMU has to have for this command line, by name, each once.
    public var devices: [String] {
        var names: [String] = []
        let own = arguments.compactMap { $0.option == "-device" ? $0.value?.head : nil }
        for name in own + Self.devices(in: extra) where !names.contains(name) { names.append(name) }
        return names
    }

    /// The devices that a user's own words add. QEMU takes `-device NAME,...`, `-device driver=NAME,...` and JSON; the last is passed over.
    public static func devices(in words: [String]) -> [String] {
        zip(words, words.dropFirst()).compactMap { option, value in
            guard option == "-device" || option == "--device", value.utf8.first != UInt8(ascii: "{") else { return nil }
            let driver = "driver="
            let name = value.prefix { $0 != "," }
            return String(name.hasPrefix(driver) ? name.dropFirst(driver.utf8.count) : name)
        }
    }
}
