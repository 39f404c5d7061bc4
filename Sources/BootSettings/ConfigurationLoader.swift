package import Diagnostics
package import LinuxSupport
import SystemPackage

/// A configuration and the sources of its values.
package struct LoadedConfiguration: Codable, Equatable, Sendable {
    package var configuration = Configuration()
    /// For each key whose value is not the default: the source that takes precedence.
    package var origins: [String: ConfigurationOrigin] = [:]
    /// Files that other users can change or read.
    package var exposed: [ExposedFile] = []
}

/// Merges the sources: defaults < TOML file < kernel command line < environment < flags.
package enum ConfigurationLoader {
    package static let defaultFile = "/etc/macos-virt/boot.toml"
    /// Where the metadata package of linuxkit puts the entry macos-virt/boot.toml of the user data.
    package static let metadataFile = "/run/config/macos-virt/boot.toml"

    /// Reads and checks all sources. A wrong value is an error even if a later source overrides it.
    ///
    /// - Parameters:
    ///   - root: has /proc/cmdline and /etc/macos-virt/boot.toml or, without it, the file of the metadata; each may be missing.
    ///   - file: a TOML file to read instead. Not below `root`; it must exist.
    ///   - flags: in order; the last one for a key takes precedence.
    /// - Throws: exit 64 for a flag, 78 for every other source and for values that exclude each other.
    package static func load(
        root: FileRoot = .live, file: String? = nil, environment: [String: String], flags: [ConfigurationFlag] = []
    ) throws(OperationError) -> LoadedConfiguration {
        var assignments = try ConfigurationFile.assignments(root: root, file: file)
        assignments += try KernelCommandLine.assignments(commandLine(root))
        assignments += ConfigurationEnvironment.assignments(environment)
        assignments += flags.map(\.assignment)
        var loaded = try merge(assignments)
        // The permissions of a copy say nothing about the machine that it was made of.
        if root.isLive { loaded.exposed = ExposedFile.all(loaded.configuration, file: file, root: root) }
        return loaded
    }

    /// Applies `assignments` to the defaults, in order, and checks the result.
    package static func merge(_ assignments: [ConfigurationAssignment]) throws(OperationError) -> LoadedConfiguration {
        var loaded = LoadedConfiguration()
        for assignment in assignments {
            let key = try assignment.apply(to: &loaded.configuration)
            loaded.origins[key.name] = key.render(loaded.configuration) == key.defaultText ? nil : assignment.origin
        }
        try ConfigurationCheck.check(loaded)
        return loaded
    }

    private static func commandLine(_ root: FileRoot) throws(OperationError) -> String {
        do {
            return try root.text("/proc/cmdline", limit: 1 << 16)
        } catch .noSuchFileOrDirectory {
            return ""
        } catch {
            throw OperationError("read", root.resolve("/proc/cmdline").string, cause: "\(error)", exit: ExitStatus.config)
        }
    }
}

/// Keys in the environment: MACOS_VIRT_GUEST_MEMORY=8G.
///
/// Not `BOOT_`: the kernel passes parameters that it does not know, such as BOOT_IMAGE, to init as environment variables.
package enum ConfigurationEnvironment {
    package static let prefix = "MACOS_VIRT_"

    /// The variables with the prefix, sorted by name.
    package static func assignments(_ environment: [String: String]) -> [ConfigurationAssignment] {
        environment.filter { $0.key.utf8.starts(with: prefix.utf8) }.sorted { $0.key < $1.key }.map { name, value in
            ConfigurationAssignment(key(name), spelled: name, .text(value), .environment(name))
        }
    }

    /// The name of the key; for a variable without one, what `ConfigurationKey.nearest` can compare.
    private static func key(_ variable: String) -> String {
        let rest = (variable.after(prefix) ?? "").lowercased()
        guard let underscore = rest.firstIndex(of: "_") else { return rest }
        // Names of variables are case-sensitive.
        return variable == variable.uppercased() ? "\(rest[..<underscore]).\(rest[rest.index(after: underscore)...])" : variable
    }
}

/// A flag of the command line that sets a key.
package struct ConfigurationFlag: Equatable, Sendable {
    /// As the user wrote it: "--memory", "--set".
    package var flag: String
    package var key: String
    package var value: String

    /// `--memory 8G`; nil when no key has that flag.
    package init?(_ flag: String, _ value: String) {
        guard let key = ConfigurationKey.all.first(where: { $0.flag == flag }) else { return nil }
        self.init(flag: flag, key: key.name, value: value)
    }

    /// `--set guest.memory=8G`
    /// - Throws: exit 64 without a '='.
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
