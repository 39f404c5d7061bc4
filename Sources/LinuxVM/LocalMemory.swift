package import Diagnostics
import HostSupport
package import LinuxSupport

/// The size of the Linux VM's memory, most of which goes to macOS.
package enum LocalMemory {
    /// MiB: with less, macOS gets less than it needs to start.
    package static let minimum = 2048
    /// MiB: the size that the tests' guest was measured with. More does not help macOS in emulation.
    package static let emulated = 6656

    /// The memory that programs can use without swapping, in MiB.
    /// - Throws: `software` when /proc/meminfo cannot be read or has no MemTotal.
    package static func available(_ root: FileRoot) throws(OperationError) -> Int {
        guard let info = (try? root.text("/proc/meminfo")).flatMap({ MemInfo(parsing: $0) }) else {
            throw OperationError(
                "read", "/proc/meminfo", cause: "it has no MemTotal", remedy: "set the size with --memory", exit: .software)
        }
        return info.available >> 20
    }

    /// Three quarters of what is available by KVM, so that this machine stays usable.
    /// - Parameters:
    ///   - wish: MiB, as the user asked for.
    ///   - available: MiB.
    /// - Throws: `usage` for a size that cannot work, `unavailable` when there is too little.
    package static func choose(_ wish: Int?, available: Int, _ kind: LocalAccelerator.Kind) throws(OperationError) -> Int {
        if let wish, wish < minimum {
            throw OperationError(
                "use", "--memory \(wish)", cause: "macOS and the Linux around it need \(minimum) MiB or more", exit: .usage)
        }
        let size = wish ?? (kind == .kvm ? max(minimum, available / 4 * 3) : min(emulated, max(minimum, available / 4 * 3)))
        guard size <= available else {
            throw OperationError(
                "reserve", "\(size) MiB of memory", cause: "\(available) MiB are available",
                remedy: wish == nil ? "end other programs" : "end other programs, or ask for less with --memory", exit: .unavailable)
        }
        return size
    }
}
