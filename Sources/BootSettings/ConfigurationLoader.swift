package import Diagnostics
package import LinuxSupport
import SystemPackage

/// A configuration and where its values came from.
package struct LoadedConfiguration: Codable, Equatable, Sendable {
    package var configuration = Configuration()
    /// For each key whose value is not the default: the source that had the last word.
    package var origins: [String: ConfigurationOrigin] = [:]
}

/// Merges the sources: defaults < TOML file < kernel command line < environment < flags.
package enum ConfigurationLoader {
    package static let defaultFile = "/etc/macos-virt/boot.toml"
    /// Where linuxkit's metadata package puts the entry macos-virt/boot.toml of its user data.
    package static let metadataFile = "/run/config/macos-virt/boot.toml"

    /// Reads and checks all sources; a wrong value is an error even where a later source overrides it.
    ///
    /// - Parameters:
    ///   - root: where /etc/macos-virt/boot.toml or, without it, the metadata's file is, which may both be absent; and /proc/cmdline.
    ///   - file: a TOML file instead, not below `root`, which must exist.
    ///   - flags: in order, the last one for a key wins.
    /// - Throws: exit 64 for a flag, 78 for every other source and for values that do not go together.
    package static func load(
        root: FileRoot = .live, file: String? = nil, environment: [String: String], flags: [ConfigurationFlag] = []
    ) throws(OperationError) -> LoadedConfiguration {
        var assignments = try ConfigurationFile.assignments(root: root, file: file)
        assignments += try KernelCommandLine.assignments(commandLine(root))
        assignments += ConfigurationEnvironment.assignments(environment)
        assignments += flags.map(\.assignment)
        return try merge(assignments)
    }

    /// Applies `assignments` to the defaults, in order.
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
