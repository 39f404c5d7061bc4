import CNetlink
import Glibc
import SystemPackage

/// The owner of one netlink socket, which keeps the kernel's error number and message of each refusal.
///
/// libnl maps many error numbers to one of its own and drops the message, so a callback reads both first.
struct NetlinkSocket: ~Copyable {
    enum Family {
        case route, netfilter

        var number: Int32 {
            switch self {
            case .route: NETLINK_ROUTE
            case .netfilter: NETLINK_NETFILTER
            }
        }
    }

    let handle: OpaquePointer
    private let refusal: Refusal

    init(_ family: Family) throws(NetError) {
        let operation = "open netlink socket"
        guard let handle = nl_socket_alloc() else { throw NetError(operation, "\(family)", .errno(.noMemory, call: nil)) }
        errno = 0
        guard nl_connect(handle, family.number) == 0 else {
            let error = Errno(rawValue: errno)
            nl_socket_free(handle)
            throw NetError(operation, "\(family)", .errno(error, call: nil), remedy: Self.remedy(family, error))
        }
        // libnl 3.7 does not request the kernel's messages. Kernels before 4.12 do not have the option, and send none.
        var on: Int32 = 1
        for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK] {
            _ = setsockopt(nl_socket_get_fd(handle), SOL_NETLINK, Int32(option), &on, socklen_t(MemoryLayout.size(ofValue: on)))
        }
        let refusal = Refusal()
        nl_socket_modify_err_cb(handle, NL_CB_CUSTOM, Refusal.record, Unmanaged.passUnretained(refusal).toOpaque())
        self.handle = handle
        self.refusal = refusal
    }

    /// Runs one libnl function, and throws the kernel's error rather than libnl's code for it.
    @discardableResult
    func call(_ operation: String, _ object: String, _ body: (OpaquePointer) -> Int32) throws(NetError) -> Int32 {
        refusal.cause = nil
        let code = body(handle)
        guard code < 0 else { return code }
        throw NetError(operation, object, refusal.cause ?? .libnl(code))
    }

    /// Sends `bytes` in one sendto(2) and returns every answer.
    ///
    /// The kernel processes nfnetlink within sendto(2), so that all replies are there when it returns.
    func exchange(_ bytes: [UInt8], _ operation: String, _ object: String) throws(NetError) -> [NetlinkReply] {
        let descriptor = nl_socket_get_fd(handle)
        // The kernel refuses a message that does not fit (EMSGSIZE).
        var size = Int32(clamping: max(bytes.count, 1 << 18))
        for option in [SO_SNDBUFFORCE, SO_RCVBUFFORCE] {
            _ = setsockopt(descriptor, SOL_SOCKET, option, &size, socklen_t(MemoryLayout.size(ofValue: size)))
        }
        var sent: Int
        repeat { sent = send(descriptor, bytes, bytes.count, 0) } while sent < 0 && errno == EINTR
        guard sent >= 0 else { throw NetError(operation, object, .errno(Errno(rawValue: errno), call: "sendto")) }
        return try answers(descriptor, operation, object)
    }

    private func answers(_ descriptor: Int32, _ operation: String, _ object: String) throws(NetError) -> [NetlinkReply] {
        var replies: [NetlinkReply] = []
        var lost = false
        while true {
            var error: Int32 = 0
            // Uninitialized: zeroing would touch 16 pages for an acknowledgement of 20 bytes.
            let datagram = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                let received = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                error = received < 0 ? errno : 0
                count = max(0, received)
            }
            if error == 0 {
                replies += NetlinkReply.parse(datagram)
            } else if error == EAGAIN, lost, !replies.contains(where: \.isRefusal) {
                throw NetError(operation, object, .errno(.noBufferSpace, call: "recv"))
            } else if error == EAGAIN {
                return replies
            } else if error == ENOBUFS {
                // More refusals than the buffer holds: the first ones suffice.
                lost = true
            } else if error != EINTR {
                throw NetError(operation, object, .errno(Errno(rawValue: error), call: "recv"))
            }
        }
    }

    private static func remedy(_ family: Family, _ error: Errno) -> String? {
        guard family == .netfilter, error == .protocolNotSupported else { return nil }
        return "load the module nf_tables"
    }

    deinit { nl_socket_free(handle) }
}

/// Where libnl's error callback stores the refusal; lives as long as the socket.
private final class Refusal {
    var cause: NetError.Cause?

    static let record: nl_recvmsg_err_cb_t = { _, error, context in
        guard let error, let context else { return Int32(NL_STOP.rawValue) }
        let refusal = Unmanaged<Refusal>.fromOpaque(context).takeUnretainedValue()
        // libnl passes the payload; the header before it holds the length.
        let header = UnsafeRawPointer(error) - Int(mv_nlmsg_header_length())
        let length = header.loadUnaligned(as: UInt32.self)
        let datagram = Array(UnsafeRawBufferPointer(start: header, count: Int(length)))
        if case .refused(let number, let message)? = NetlinkReply.parse(datagram).first?.content {
            refusal.cause = .kernel(number, message: message)
        }
        return Int32(NL_STOP.rawValue)
    }
}
