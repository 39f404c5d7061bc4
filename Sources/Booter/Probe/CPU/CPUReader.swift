import Diagnostics
import LinuxSupport
import SystemPackage

/// /proc/cpuinfo, /sys/devices/system/cpu and the scheduler's affinity mask.
struct CPUFacts: Codable, Equatable, Sendable {
    /// GenuineIntel, AuthenticAMD, or what else `vendor_id` says.
    var vendor: String
    var modelName: String
    var family: Int
    var model: Int
    /// Bits of a physical address; nil when the kernel does not say.
    var physicalBits: Int?
    /// Flags that every online CPU has, sorted.
    var flags: [String]
    /// Online CPUs in the kernel's order.
    var logical: [LogicalCPU]
    /// CPU numbers that this process may run on (Cpus_allowed_list), of those online.
    var allowed: [Int]
    /// The CPUs of each NUMA node; nil unless guest.pin_vcpus asks for them.
    var nodes: [[Int]]?

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    /// Hardware virtualization: vmx on Intel, svm on AMD.
    var virtualization: Virtualization? { has("vmx") ? .vmx : has("svm") ? .svm : nil }
    var sockets: Int { Set(logical.map(\.package)).count }
    /// Physical cores over all sockets: a core number means nothing without its package.
    var cores: Int { Set(logical.map { [$0.package, $0.die, $0.core] }).count }

    enum Virtualization: String, Codable, Sendable { case vmx, svm }
}

/// One online CPU.
struct LogicalCPU: Codable, Equatable, Sendable {
    var id: Int
    var package: Int
    var die: Int
    var core: Int
    /// nil on a machine whose CPUs are all alike; else what /sys/devices/cpu_core and cpu_atom say.
    var kind: Kind?

    enum Kind: String, Codable, Sendable { case performance, efficiency }
}

/// /proc/cpuinfo, and the topology of sysfs where that says more.
struct CPUReader {
    let root: FileRoot

    /// - Parameter allowedList: the Cpus_allowed_list of /proc/self/status.
    /// - Throws: the `Errno` of reading /proc/cpuinfo.
    func facts(allowedList: String?) throws(Errno) -> CPUFacts {
        let info = CPUInfo(parsing: try root.text("/proc/cpuinfo"))
        let logical = logical(info)
        let allowed = allowedList.flatMap { CPUList.parse($0) } ?? []
        return CPUFacts(
            vendor: info.vendor.printable, modelName: info.modelName.printable, family: info.family, model: info.model,
            physicalBits: info.physicalBits, flags: info.flags, logical: logical, allowed: usable(allowed, of: logical.map(\.id)))
    }

    /// The CPUs of each NUMA node, in the order of the nodes' numbers.
    func nodes() -> [[Int]] {
        let directory = "/sys/devices/system/node"
        let numbers = root.list(directory).compactMap { $0.hasPrefix("node") ? Int($0.dropFirst(4)) : nil }.sorted()
        return numbers.compactMap { number in root.small("\(directory)/node\(number)/cpulist").flatMap { CPUList.parse($0) } }
    }

    /// The CPUs of the affinity mask, by the numbers of /proc/cpuinfo.
    ///
    /// In a container of lxcfs /proc/cpuinfo numbers the CPUs that the container has from 0, and the mask has the machine's numbers.
    /// The two are intersected only if they use the same numbers; otherwise the mask only tells how many CPUs there are.
    private func usable(_ allowed: [Int], of listed: [Int]) -> [Int] {
        let common = allowed.filter(Set(listed).contains)
        if common.count == listed.count || common.count == allowed.count && !allowed.isEmpty { return common }
        if allowed.isEmpty { return listed }
        // The mask may name CPUs that are not there: those that the kernel could add later. Then it names all that are there.
        let isRenumbered =
            common.isEmpty || allowed.count == listed.count
            || root.small("/sys/devices/system/cpu/online").flatMap { CPUList.parse($0) }.map { $0 != listed } ?? false
        return isRenumbered ? Array(listed.prefix(allowed.count)) : common
    }

    private func logical(_ info: CPUInfo) -> [LogicalCPU] {
        let performance = kind("cpu_core")
        let efficiency = kind("cpu_atom")
        // Both show the same numbers, but sysfs is three files for each CPU: 2.5 ms on a machine of 128.
        let needsTopology = !info.namesEveryCore
        return info.processors.map { processor in
            func topology(_ name: String) -> Int? {
                needsTopology ? root.number("/sys/devices/system/cpu/cpu\(processor.id)/topology/" + name) : nil
            }
            return LogicalCPU(
                id: processor.id, package: topology("physical_package_id") ?? processor.package ?? 0, die: topology("die_id") ?? 0,
                // A machine that numbers no cores has one for each processor.
                core: topology("core_id") ?? processor.core ?? processor.id,
                kind: performance.contains(processor.id) ? .performance : efficiency.contains(processor.id) ? .efficiency : nil)
        }
    }

    /// The performance monitoring units of a hybrid CPU: the two names exist since Linux 5.13, on hybrid machines only.
    private func kind(_ unit: String) -> Set<Int> {
        Set(root.small("/sys/devices/\(unit)/cpus").flatMap { CPUList.parse($0) } ?? [])
    }
}
