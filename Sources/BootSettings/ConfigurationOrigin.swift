package import Diagnostics
import NetworkValues

/// Which source a value came from.
package enum ConfigurationOrigin: Hashable, Sendable, TextCodable {
    case file(String)
    case kernelCommandLine
    /// The variable's name.
    case environment(String)
    /// The flag: "--memory" or "--set".
    case flag(String)

    package init?(_ text: String) {
        if text == "kernel command line" {
            self = .kernelCommandLine
        } else if let path = text.after("file ") {
            self = .file(path)
        } else if let name = text.after("environment ") {
            self = .environment(name)
        } else if let flag = text.after("flag ") {
            self = .flag(flag)
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
        }
    }

    package static var expected: String { "a source such as 'file /etc/macos-virt/boot.toml' or 'flag --memory'" }

    /// A wrong flag is a wrong usage; what else is wrong was configured.
    package var exit: ExitStatus {
        switch self {
        case .flag: .usage
        case .file, .kernelCommandLine, .environment: .config
        }
    }

    /// How this source writes a key's name.
    package func spelling(of key: ConfigurationKey) -> String {
        switch self {
        case .file, .flag: key.name
        case .kernelCommandLine: key.kernelParameter
        case .environment: key.environmentVariable
        }
    }
}
