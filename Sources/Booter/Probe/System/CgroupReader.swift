import LinuxSupport

/// The limits of the cgroup that this process is in, version 1 or 2, the tightest of its ancestors.
struct CgroupFacts: Codable, Equatable, Sendable {
    /// CPU time in thousandths of a CPU (2500 = two and a half); nil without a limit.
    var cpuMillis: Int?
    /// memory.max or memory.high, bytes: of all that bind, the one with the least room left; nil without a limit.
    var memoryLimit: Int?
    /// What the cgroup that sets the limit uses and cannot give back: memory.current without its inactive page cache, bytes.
    var memoryUsed: Int?
    /// Where the kernel tells how long tasks of that cgroup waited for memory; nil where it does not.
    var pressure: String?
}

/// The CPU and memory limits of the cgroup that this process is in, of version 1, 2 or both at once.
///
/// A limit binds all that is below it, so each ancestor up to the mount point is read, and the tightest wins.
struct CgroupReader {
    let root: FileRoot

    func facts(memberships: [CgroupMembership], mounts: [MountInfo]) -> CgroupFacts {
        var cpu: [Int] = []
        var memory: [MemoryLimit] = []
        for membership in memberships {
            if membership.controllers.isEmpty {
                for directory in directories(membership, mounts.last { $0.fileSystem == "cgroup2" }) {
                    if let limit = root.small(directory + "/cpu.max").flatMap(Self.cpuMax) { cpu.append(limit) }
                    if let limit = memoryLimit(directory, ["memory.max", "memory.high"], used: "memory.current", cache: "inactive_file") {
                        memory.append(limit)
                    }
                }
            }
            if membership.controllers.contains("cpu") {
                for directory in directories(membership, Self.hierarchy("cpu", mounts)) {
                    if let quota = root.number(directory + "/cpu.cfs_quota_us"), let period = root.number(directory + "/cpu.cfs_period_us"),
                        let limit = Self.millis(quota: quota, period: period)
                    {
                        cpu.append(limit)
                    }
                }
            }
            if membership.controllers.contains("memory") {
                for directory in directories(membership, Self.hierarchy("memory", mounts)) {
                    let limit = memoryLimit(
                        directory, ["memory.limit_in_bytes"], used: "memory.usage_in_bytes", cache: "total_inactive_file")
                    if let limit { memory.append(limit) }
                }
            }
        }
        let tightest = memory.min { $0.headroom < $1.headroom }
        let pressure = tightest.map { $0.directory + "/memory.pressure" }.flatMap { root.exists($0) ? $0 : nil }
        return CgroupFacts(cpuMillis: cpu.min(), memoryLimit: tightest?.limit, memoryUsed: tightest?.used, pressure: pressure)
    }

    private struct MemoryLimit {
        var directory: String
        var limit: Int
        var used: Int?
        var headroom: Int { limit - min(used ?? 0, limit) }
    }

    /// - Parameter cache: the line of memory.stat with the page cache, of this cgroup and those below, that the kernel drops first.
    private func memoryLimit(_ directory: String, _ names: [String], used: String, cache: String) -> MemoryLimit? {
        let limits = names.compactMap { root.number(directory + "/" + $0) }
        // Version 1 has no word for "none" but LONG_MAX rounded down to a page.
        guard let limit = limits.filter({ $0 >= 0 && $0 < 1 << 60 }).min() else { return nil }
        guard let used = root.number(directory + "/" + used).map({ max($0, 0) }) else {
            return MemoryLimit(directory: directory, limit: limit, used: nil)
        }
        return MemoryLimit(directory: directory, limit: limit, used: used - min(used, inactive(directory, cache)))
    }

    /// Bytes.
    private func inactive(_ directory: String, _ name: String) -> Int {
        guard let text = root.small(directory + "/memory.stat") else { return 0 }
        for line in text.lines {
            let fields = line.fields
            if fields.count == 2, fields[0] == name { return max(0, Int(fields[1]) ?? 0) }
        }
        return 0
    }

    private static func hierarchy(_ controller: String, _ mounts: [MountInfo]) -> MountInfo? {
        mounts.last { $0.fileSystem == "cgroup" && $0.superOptions.contains(controller) }
    }

    /// The cgroup's directory and its ancestors' as far as this mount shows them.
    private func directories(_ membership: CgroupMembership, _ mount: MountInfo?) -> [String] {
        guard let mount else { return [] }
        var directories = [mount.mountPoint]
        for component in Self.relative(membership.path, to: mount.root) {
            directories.append("\(directories.last ?? "")/\(component)")
        }
        return directories.reversed()
    }

    /// The part of a cgroup path below the mounted root.
    ///
    /// Empty when the cgroup is that root, or is outside of what is mounted: "/../other" in a namespace,
    /// "/docker/0123" where a container without a namespace of its own sees only its own directory.
    static func relative(_ path: String, to root: String) -> [Substring] {
        let components = path.split(separator: "/")
        let base = root.split(separator: "/")
        guard components.starts(with: base), !components.contains("..") else { return [] }
        return Array(components.dropFirst(base.count))
    }

    /// "250000 100000" is 2500; nil for "max 100000".
    static func cpuMax(_ text: Substring) -> Int? {
        let fields = text.fields
        guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]) else { return nil }
        return millis(quota: quota, period: period)
    }

    /// Thousandths of a CPU; nil for "no limit" (-1) and for what cannot be one.
    static func millis(quota: Int, period: Int) -> Int? {
        guard quota > 0, period > 0 else { return nil }
        let (product, overflow) = quota.multipliedReportingOverflow(by: 1000)
        return overflow ? nil : product / period
    }
}
