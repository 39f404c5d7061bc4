import Diagnostics
import Glibc
import LinuxSupport
import NetworkValues

/// A TCP socket that listens at an address of this machine.
enum TCPListener {
    /// - Throws: `osError` when the address is not this machine's, or another program listens there.
    static func make(_ address: ListenAddress) throws(OperationError) -> OwnedDescriptor {
        let family: Int32 =
            switch address.host {
            case .v4: AF_INET
            case .v6: AF_INET6
            }
        let raw = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard raw >= 0 else { throw failure(address) }
        let made = OwnedDescriptor(adopting: raw)
        var on: Int32 = 1
        setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let result: Int32
        switch address.host {
        case .v4(let host):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: host.bytes) }
            result = bind(raw, name)
        case .v6(let host):
            setsockopt(raw, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: host.bytes) }
            result = bind(raw, name)
        }
        guard result == 0, listen(raw, 16) == 0 else { throw failure(address) }
        return made
    }

    private static func bind<Name>(_ socket: Int32, _ name: Name) -> Int32 {
        withUnsafePointer(to: name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(socket, $0, socklen_t(MemoryLayout<Name>.size)) }
        }
    }

    private static func failure(_ address: ListenAddress) -> OperationError {
        OperationError(
            "listen at", address.description, cause: String(cString: strerror(errno)),
            remedy: "set status.listen to an address of this machine and a free port", exit: .osError)
    }
}
