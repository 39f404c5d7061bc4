import NetSetup

/// Which source a value came from.
enum ConfigurationOrigin: Hashable, Sendable, TextCodable {
    case file(String)
    case kernelCommandLine
    /// The variable's name.
    case environment(String)
    /// The flag: "--memory" or "--set".
    case flag(String)

    init?(_ text: String) {
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

    var description: String {
        switch self {
        case .file(let path): "file " + path
        case .kernelCommandLine: "kernel command line"
        case .environment(let name): "environment " + name
        case .flag(let flag): "flag " + flag
        }
    }

    static var expected: String { "a source such as 'file /etc/macos-virt/boot.toml' or 'flag --memory'" }

    /// A wrong flag is a wrong usage; what else is wrong was configured.
    var exitCode: Int32 {
        switch self {
        case .flag: ExitStatus.usage
        case .file, .kernelCommandLine, .environment: ExitStatus.config
        }
    }

    /// How this source writes a key's name.
    func spelling(of key: ConfigurationKey) -> String {
        switch self {
        case .file, .flag: key.name
        case .kernelCommandLine: key.kernelParameter
        case .environment: key.environmentVariable
        }
    }
}
