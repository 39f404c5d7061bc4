package import BootSettings
package import Diagnostics

/// The boot.toml of `boot` in the Linux VM: the file and the settings of the user, with what this command adds.
///
/// Checked as `boot` will check it, so that a mistake is reported before the VM starts. Paths are those of the VM, and not looked at.
package struct GuestConfiguration: Equatable, Sendable {
    package private(set) var text: String
    /// What `boot` will use, apart from the environment in the VM.
    package private(set) var configuration: Configuration

    /// - Parameters:
    ///   - presets: what this command sets, where the user does not.
    ///   - file: the assignments of the TOML file of the user.
    ///   - kernelCommandLine: words that the kernel in the VM gets. They are checked and not written into the file.
    ///   - flags: `--set`.
    /// - Throws: what `boot` throws for an unknown key, a wrong value and values that exclude each other.
    package init(
        presets: [ConfigurationAssignment] = [], file: [ConfigurationAssignment] = [], kernelCommandLine: String = "",
        flags: [ConfigurationFlag] = []
    ) throws(OperationError) {
        let words = KernelCommandLine.assignments(kernelCommandLine)
        let settings = flags.map(\.assignment)
        configuration = try ConfigurationLoader.merge(presets + file + words + settings).configuration
        text = Self.render(presets + file + settings)
    }

    /// Sections in the order of their names, with the last value of each key.
    private static func render(_ assignments: [ConfigurationAssignment]) -> String {
        let values = Dictionary(assignments.map { ($0.key, $0.input) }) { _, last in last }
        let keys = Dictionary(grouping: values.keys.sorted()) { $0.prefix { $0 != "." } }
        return keys.sorted { $0.key < $1.key }.map { section, names in
            let lines = names.map { "\($0.dropFirst(section.count + 1)) = \(values[$0].map(toml) ?? "")\n" }
            return "[\(section)]\n" + lines.joined()
        }.joined(separator: "\n")
    }

    private static func toml(_ input: ConfigurationInput) -> String {
        switch input {
        case .text(let text): quoted(text)
        case .boolean(let value): value ? "true" : "false"
        case .list(let items): "[" + items.map(quoted).joined(separator: ", ") + "]"
        // No key accepts them.
        case .foreign, .fraction: "\"\""
        }
    }

    /// A basic string of TOML. Every key refuses control characters, the only others that need an escape.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
