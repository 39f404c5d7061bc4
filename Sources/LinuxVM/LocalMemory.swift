package import Diagnostics
import HostSupport
package import LinuxSupport

/// How much memory the Linux VM gets; it gives macOS most of it.
package enum LocalMemory {
    /// MiB: less than this leaves macOS less than it starts with.
    package static let minimum = 2048
    /// MiB: what the guest of the tests was measured with. Emulated macOS gets no further by more.
    package static let emulated = 6656

    /// MemAvailable of /proc/meminfo, MiB.
    /// - Throws: `software`: no Linux is without it.
    package static func available(_ root: FileRoot) throws(OperationError) -> Int {
        let lines = (try? root.text("/proc/meminfo"))?.split(separator: "\n") ?? []
        for line in lines where line.hasPrefix("MemAvailable:") {
            if let kibibytes = line.words.dropFirst().first.flatMap({ Int($0) }) { return kibibytes >> 10 }
        }
        throw OperationError(
            "read", "/proc/meminfo", cause: "it has no MemAvailable", remedy: "name the size with --memory", exit: .software)
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
