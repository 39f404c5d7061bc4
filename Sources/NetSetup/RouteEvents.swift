import CNetlink
import Glibc
import SystemPackage

/// Notices of rtnetlink that links, addresses or routes have changed, for a poll loop.
///
/// Only that something has changed: whoever wants to know what reads the whole again, which needs no order of notices.
public struct RouteEvents: ~Copyable {
    private let handle: OpaquePointer

    /// - Throws: `NetError` when no netlink socket can be opened.
    public init() throws(NetError) {
        let operation = "listen to"
        guard let handle = nl_socket_alloc() else { throw NetError(operation, "rtnetlink", .errno(.noMemory, call: nil)) }
        nl_join_groups(
            handle, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE)
        let code = nl_connect(handle, NETLINK_ROUTE)
        guard code == 0 else {
            nl_socket_free(handle)
            throw NetError(operation, "rtnetlink", .libnl(code))
        }
        self.handle = handle
    }

    /// For poll(2).
    public var rawValue: Int32 { nl_socket_get_fd(handle) }

    /// Takes all notices.
    /// - Returns: whether there was one, or more than the socket holds.
    public func drain() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var any = false
        // A machine that changes without end must not keep the caller.
        for _ in 0..<1024 {
            // What is longer than the buffer is cut off.
            let count = recv(rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EINTR { continue }
            guard count > 0 || (count < 0 && errno == ENOBUFS) else { break }
            any = true
        }
        return any
    }

    deinit { nl_socket_free(handle) }
}
