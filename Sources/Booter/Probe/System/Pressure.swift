import LinuxSupport

/// How long tasks waited for memory, in hundredths of a percent of the last 10 s: Documentation/accounting/psi.rst of Linux.
struct Pressure: Equatable, Sendable {
    /// At least one task waited.
    var some: Int
    /// All of them did.
    var full: Int

    /// nil when it is no such file.
    init?(parsing text: String) {
        var values: [Substring: Int] = [:]
        for line in text.lines {
            let fields = line.fields
            guard let kind = fields.first, let average = fields.first(where: { $0.hasPrefix("avg10=") })?.dropFirst(6) else { continue }
            values[kind] = Self.hundredths(average)
        }
        guard let some = values["some"] else { return nil }
        // Of CPUs there is no "full" in older kernels.
        (self.some, full) = (some, values["full"] ?? 0)
    }

    init?(_ root: FileRoot, _ path: String) {
        guard let text = try? root.text(path) else { return nil }
        self.init(parsing: text)
    }

    /// "12.34" is 1234.
    private static func hundredths(_ text: Substring) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 2, let whole = Int(parts[0]), let part = Int(parts[1]), (0...100).contains(whole),
            (0...99).contains(part)
        else { return nil }
        return whole * 100 + part
    }
}
