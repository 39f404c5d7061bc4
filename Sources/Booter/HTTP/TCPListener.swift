import Diagnostics
import Glibc
import LinuxSupport
import NetworkValues

/// A TCP socket that listens at an address.
struct TCPListener: ~Copyable {
    private let descriptor: OwnedDescriptor
    /// Whether no interface has the address yet: a DHCP client may be slower than a start.
    let isEarly: Bool

    /// - Throws: `osError` when another program listens there.
    init(_ address: ListenAddress) throws(OperationError) {
        let family: Int32 =
            switch address.host {
            case .v4: AF_INET
            case .v6: AF_INET6
            }
        let raw = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard raw >= 0 else { throw Self.failure(address) }
        let made = OwnedDescriptor(adopting: raw)
        Self.enable(raw, SOL_SOCKET, SO_REUSEADDR)
        var result = Self.bind(raw, address)
        let isEarly = result != 0 && errno == EADDRNOTAVAIL
        if isEarly {
            switch address.host {
            case .v4: Self.enable(raw, Int32(IPPROTO_IP), IP_FREEBIND)
            case .v6: Self.enable(raw, Int32(IPPROTO_IPV6), IPV6_FREEBIND)
            }
            result = Self.bind(raw, address)
        }
        guard result == 0, listen(raw, 16) == 0 else { throw Self.failure(address) }
        self.isEarly = isEarly
        descriptor = made
    }

    var rawValue: Int32 { descriptor.rawValue }

    private static func enable(_ socket: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        setsockopt(socket, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func bind(_ socket: Int32, _ address: ListenAddress) -> Int32 {
        switch address.host {
        case .v4(let host):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: host.bytes) }
            return bind(socket, name)
        case .v6(let host):
            enable(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY)
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: host.bytes) }
            return bind(socket, name)
        }
    }

    private static func bind<Name>(_ socket: Int32, _ name: Name) -> Int32 {
        withUnsafePointer(to: name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(socket, $0, socklen_t(MemoryLayout<Name>.size)) }
        }
    }

    private static func failure(_ address: ListenAddress) -> OperationError {
        OperationError(
            "listen at", address.description, cause: String(cString: strerror(errno)),
            remedy: "set status.listen to a free port", exit: .osError)
    }
}
