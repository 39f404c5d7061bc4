/// The lines of /proc/meminfo that memory is sized by, in bytes.
package struct MemInfo: Equatable, Sendable {
    package var total: Int
    package var available: Int
    package var swapFree: Int

    /// Of some fifty lines.
    private static let names = ["MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapFree"]

    /// nil without a MemTotal line.
    package init?(parsing text: String) {
        var bytes: [String: Int] = [:]
        for line in text.lines {
            guard let (key, value) = line.keyValue(), let name = Self.names.first(where: { $0 == key }),
                let number = value.fields.first.flatMap({ Int($0) }), number >= 0
            else { continue }
            // "kB" means KiB here.
            let (product, overflow) = number.multipliedReportingOverflow(by: 1024)
            if !overflow { bytes[name] = product }
        }
        guard let total = bytes["MemTotal"] else { return nil }
        self.total = total
        // Linux has MemAvailable since 3.14; lxcfs and gVisor have left it out.
        let parts = ["MemFree", "Buffers", "Cached"].map { min(bytes[$0] ?? 0, total) }
        available = min(bytes["MemAvailable"] ?? parts.reduce(0, +), total)
        swapFree = bytes["SwapFree"] ?? 0
    }
}
