import CLinux
import Glibc
import LinuxSupport
import SystemPackage

/// Where the threads of QEMU and of this process run.
enum ThreadAffinity {
    /// Pins the vCPUs of a QEMU, and keeps its other threads and this process off their CPUs.
    /// - Parameter threads: thread numbers by vCPU.
    /// - Throws: the first refusal of the kernel. A thread that has ended is none.
    static func apply(_ pinning: CPUPinning, threads: [Int32], of process: Int32) throws(Errno) {
        for (thread, cpu) in zip(threads, pinning.vcpus) { try set(thread, to: [cpu]) }
        let vcpus = Set(threads)
        for name in FileRoot.live.list("/proc/\(process)/task") {
            // A thread that is started later inherits this from the one that starts it, and so does the next QEMU.
            if let thread = Int32(name), !vcpus.contains(thread) { try set(thread, to: pinning.others) }
        }
        try set(0, to: pinning.others)
    }

    /// - Parameter thread: 0 for the calling one.
    private static func set(_ thread: Int32, to cpus: [Int]) throws(Errno) {
        var mask = [UInt64](repeating: 0, count: CPUList.limit / 64)
        for cpu in cpus where mask.indices.contains(cpu / 64) { mask[cpu / 64] |= 1 << UInt64(cpu % 64) }
        guard mv_set_affinity(thread, mask, UInt(mask.count)) != 0 else { return }
        let error = Errno(rawValue: errno)
        if error != .noSuchProcess { throw error }
    }
}
