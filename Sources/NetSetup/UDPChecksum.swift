import CLinux
import Glibc
import LinuxSupport
import SystemPackage

/// Turns off the UDP checksums of another program's sockets.
///
/// QEMU turns on checksum offload for its tap, so the kernel leaves the checksum of what L1 sends to the guest for the
/// "hardware". A DHCP client that reads raw frames may see that incomplete checksum and drop the reply. RFC 768 allows UDP over
/// IPv4 without a checksum (zero), and every client accepts it.
public enum UDPChecksum {
    /// Makes the IPv4 UDP sockets of `pid` that are bound to `port` send without a checksum, and counts them.
    ///
    /// 0 means that the program has not bound the port yet. The option belongs to the socket and lasts as long as the socket does.
    /// - Throws: `NetError`: no such process, or no CAP_SYS_PTRACE.
    public static func disable(ofProcess pid: Int32, port: UInt16) throws(NetError) -> Int {
        let object = "of process \(pid)"
        let process = mv_pidfd_open(pid)
        guard process >= 0 else { throw failure(object, "pidfd_open") }
        let owner = OwnedDescriptor(adopting: process)
        // Without the permission to read it, `list` below would return an empty list instead of an error.
        do { _ = try OwnedDescriptor(opening: FilePath("/proc/\(pid)/fd"), .readOnly, options: .directory) } catch {
            throw failure(object, "/proc/\(pid)/fd", error)
        }
        var count = 0
        for number in FileRoot.live.list("/proc/\(pid)/fd").compactMap({ Int32($0) }) {
            let duplicate = mv_pidfd_getfd(owner.rawValue, number)
            guard duplicate >= 0 else {
                if errno == EBADF { continue }  // Closed since it was listed.
                throw failure(object, "pidfd_getfd")
            }
            let socket = OwnedDescriptor(adopting: duplicate)
            guard isUDP(socket.rawValue, boundTo: port) else { continue }
            var on: Int32 = 1
            guard setsockopt(socket.rawValue, SOL_SOCKET, SO_NO_CHECK, &on, socklen_t(MemoryLayout.size(ofValue: on))) == 0 else {
                throw failure(object, "SO_NO_CHECK")
            }
            count += 1
        }
        return count
    }

    /// False for a descriptor that is not a socket: getsockopt(2) fails.
    private static func isUDP(_ socket: Int32, boundTo port: UInt16) -> Bool {
        var kind: Int32 = 0
        var length = socklen_t(MemoryLayout.size(ofValue: kind))
        guard getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &kind, &length) == 0, kind == Int32(IPPROTO_UDP) else { return false }
        var address = sockaddr_in()
        length = socklen_t(MemoryLayout.size(ofValue: address))
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        return result == 0 && address.sin_family == sa_family_t(AF_INET) && address.sin_port == port.bigEndian
    }

    private static func failure(_ object: String, _ call: String, _ error: Errno = Errno(rawValue: errno)) -> NetError {
        let remedy = error == .notPermitted || error == .permissionDenied ? "run as root, or with CAP_SYS_PTRACE" : nil
        return NetError("turn off UDP checksums", object, .errno(error, call: call), remedy: remedy)
    }
}
