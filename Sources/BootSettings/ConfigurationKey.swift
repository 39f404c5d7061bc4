/// One thing that can be configured: its name, how it is written, and where it lives in `Configuration`.
///
/// TOML, kernel command line, environment, flags, help and the table in docs/configuration.md are all derived from `all`.
package struct ConfigurationKey: Sendable {
    /// "guest.memory": the TOML file's section and key. Sections have no underscore, so that the environment's names are unique.
    package let name: String
    /// One line.
    package let help: String
    /// What a value should look like: "a size such as 4096M or 8G, or auto".
    package let expected: String
    /// A flag of its own: "--memory".
    package let flag: String?
    package let render: @Sendable (Configuration) -> String
    private let assign: @Sendable (ConfigurationInput, inout Configuration) throws(Rejection) -> Void

    /// The longest text: PATH_MAX, which is more than a kernel command line (2048 on x86) or a useful argument.
    private static let textLimit = 4096

    /// Hands the place of a value in a configuration to somebody who reads or changes it: `{ $1(&$0.guest.memory) }`.
    ///
    /// A key path would say the same, but the runtime makes a class for each type of value: a twentieth of a start.
    package typealias Place<Value> = @Sendable (inout Configuration, (inout Value) -> Void) -> Void

    init<Value>(_ name: String, _ place: @escaping Place<Value>, _ format: ValueFormat<Value>, flag: String? = nil, _ help: String) {
        self.name = name
        self.help = help
        self.flag = flag
        expected = format.expected
        render = { configuration in
            var (configuration, text) = (configuration, "")
            place(&configuration) { text = format.render($0) }
            return text
        }
        assign = { (input, configuration) throws(Rejection) in
            let value = try format.parse(input)
            place(&configuration) { $0 = value }
        }
    }

    /// A key whose value may be left to the planner, written as the word `or`.
    init<Value>(
        _ name: String, _ place: @escaping Place<Value?>, _ format: ValueFormat<Value>, or word: String, flag: String? = nil,
        _ help: String
    ) {
        self.init(name, place, format.or(word), flag: flag, help)
    }

    /// Parses `input` into `configuration`, which stays as it was when it is refused.
    package func set(_ input: ConfigurationInput, in configuration: inout Configuration) throws(Rejection) {
        for text in input.texts {
            if text.unicodeScalars.contains(where: ConfigurationInput.isControl) { throw Rejection(detail: "it has a control character") }
            if text.utf8.count > Self.textLimit { throw Rejection(detail: "it is longer than \(Self.textLimit) bytes") }
        }
        try assign(input, &configuration)
    }

    /// What holds when no source says otherwise.
    package var defaultText: String { render(Configuration()) }

    /// "boot.guest.memory": as a word of the kernel command line.
    package var kernelParameter: String { KernelCommandLine.prefix + name }

    /// "MACOS_VIRT_GUEST_MEMORY"
    package var environmentVariable: String {
        ConfigurationEnvironment.prefix + String(name.map { $0 == "." ? "_" : $0 }).uppercased()
    }

    package static func named(_ name: String) -> ConfigurationKey? { byName[name] }

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}
