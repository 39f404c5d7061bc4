/// Keys in the environment: MACOS_VIRT_GUEST_MEMORY=8G.
///
/// Not `BOOT_`: the kernel hands parameters that it does not know, such as BOOT_IMAGE, to init as its environment.
package enum ConfigurationEnvironment {
    package static let prefix = "MACOS_VIRT_"

    /// The variables that start with the prefix, by name.
    package static func assignments(_ environment: [String: String]) -> [ConfigurationAssignment] {
        environment.filter { $0.key.utf8.starts(with: prefix.utf8) }.sorted { $0.key < $1.key }.map { name, value in
            ConfigurationAssignment(key(name), spelled: name, .text(value), .environment(name))
        }
    }

    /// The key's name, or, for a variable that belongs to none, what it resembles.
    private static func key(_ variable: String) -> String {
        let rest = (variable.after(prefix) ?? "").lowercased()
        guard let underscore = rest.firstIndex(of: "_") else { return rest }
        // Lower case in the variable's name is a different variable.
        return variable == variable.uppercased() ? "\(rest[..<underscore]).\(rest[rest.index(after: underscore)...])" : variable
    }
}
