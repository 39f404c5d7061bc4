/// The keys as text for people.
package enum ConfigurationReference {
    /// The table between the markers in docs/configuration.md, with a newline at its end.
    package static func markdown() -> String {
        let rows = ConfigurationKey.all.map { key in
            let cells = ["`\(key.name)`", key.flag.map { "`\($0)`" } ?? "", "`\(key.defaultText)`", key.expected, key.help]
            return row(cells.map(escaped))
        }
        return ([row(["Key", "Flag", "Default", "Value", "What it is"]), row(Array(repeating: "---", count: 5))] + rows).joined()
    }

    /// For `--help`: one key a line, with its default.
    package static func help() -> String {
        let width = ConfigurationKey.all.map(\.name.count).max() ?? 0
        return ConfigurationKey.all.map { key in
            "  " + key.name + String(repeating: " ", count: width - key.name.count + 2) + "\(key.help) [\(key.defaultText)]\n"
        }.joined()
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    private static func escaped(_ cell: String) -> String {
        cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
