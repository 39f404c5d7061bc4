import Diagnostics
import LinuxSupport
import SystemPackage

/// /proc/cpuinfo, and the topology of sysfs where that says more.
struct CPUReader {
    let root: FileRoot

    /// - Parameter allowedList: the Cpus_allowed_list of /proc/self/status.
    /// - Throws: the `Errno` of reading /proc/cpuinfo.
    func facts(allowedList: String?) throws(Errno) -> CPUFacts {
        let info = CPUInfo(parsing: try root.text("/proc/cpuinfo"))
        let logical = logical(info)
        let known = Set(logical.map(\.id))
        var allowed = allowedList.flatMap { CPUList.parse($0) }?.filter(known.contains) ?? []
        // lxcfs renumbers the CPUs of /proc/cpuinfo to those that the container has: then all of them are ours.
        if allowed.isEmpty { allowed = logical.map(\.id) }
        return CPUFacts(
            vendor: info.vendor.printable, modelName: info.modelName.printable, family: info.family, model: info.model,
            physicalBits: info.physicalBits, flags: info.flags, logical: logical, allowed: allowed)
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
