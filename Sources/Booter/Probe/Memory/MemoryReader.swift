import LinuxSupport
import SystemPackage

/// /proc/meminfo and /sys/kernel/mm.
struct MemoryFacts: Codable, Equatable, Sendable {
    var total: Int
    /// MemAvailable, or MemFree + Buffers + Cached on a kernel without it.
    var available: Int
    var swapFree: Int
    /// The 2 MiB pool: /sys/kernel/mm/hugepages/hugepages-2048kB; nil when the kernel has none.
    var hugepages: HugepageFacts?
    /// The pool of 1 GiB pages, if any are reserved.
    var gigantic: HugepageFacts?
    /// The chosen word of /sys/kernel/mm/transparent_hugepage/enabled: always, madvise or never; nil when absent.
    var transparentHugepages: String?
}

/// A pool of huge pages, counted in pages.
struct HugepageFacts: Codable, Equatable, Sendable {
    var total: Int
    var free: Int
}

/// /proc/meminfo, the 2 MiB hugepage pool and the state of transparent hugepages.
struct MemoryReader {
    let root: FileRoot

    /// nil when /proc/meminfo has no MemTotal.
    /// - Throws: the `Errno` of reading /proc/meminfo.
    func facts() throws(Errno) -> MemoryFacts? {
        guard let info = MemInfo(parsing: try root.text("/proc/meminfo")) else { return nil }
        return MemoryFacts(
            total: info.total, available: info.available, swapFree: info.swapFree, hugepages: hugepages("hugepages-2048kB"),
            gigantic: hugepages("hugepages-1048576kB").flatMap { $0.total > 0 ? $0 : nil },
            transparentHugepages: root.small("/sys/kernel/mm/transparent_hugepage/enabled").flatMap(Self.chosen))
    }

    private func hugepages(_ name: String) -> HugepageFacts? {
        let pool = "/sys/kernel/mm/hugepages/\(name)/"
        guard let total = root.number(pool + "nr_hugepages"), let free = root.number(pool + "free_hugepages") else { return nil }
        return HugepageFacts(total: max(total, 0), free: max(free, 0))
    }

    /// The word in brackets of "always [madvise] never".
    static func chosen(_ text: Substring) -> String? {
        text.fields.first { $0.utf8.count > 2 && $0.hasPrefix("[") && $0.hasSuffix("]") }.map { String($0.dropFirst().dropLast()) }
    }
}
