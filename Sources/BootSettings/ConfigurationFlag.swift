package import Diagnostics

/// A flag of the command line that sets a key.
package struct ConfigurationFlag: Equatable, Sendable {
    /// As the user wrote it: "--memory", "--set".
    package var flag: String
    package var key: String
    package var value: String

    /// `--memory 8G`: the value of a flag that `ConfigurationKey` gives to a key; nil when no key has that flag.
    package init?(_ flag: String, _ value: String) {
        guard let key = ConfigurationKey.all.first(where: { $0.flag == flag }) else { return nil }
        self.init(flag: flag, key: key.name, value: value)
    }

    /// `--set guest.memory=8G`.
    /// - Throws: exit 64 when there is no '='.
    package init(set text: String) throws(OperationError) {
        guard let equals = text.firstIndex(of: "=") else {
            throw OperationError(
                "configure", "", cause: "\(ConfigurationInput.quoted(text)) (flag --set) is not KEY=VALUE", exit: ExitStatus.usage)
        }
        self.init(flag: "--set", key: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    }

    private init(flag: String, key: String, value: String) {
        self.flag = flag
        self.key = key
        self.value = value
    }

    package var assignment: ConfigurationAssignment { ConfigurationAssignment(key, .text(value), .flag(flag)) }
}
