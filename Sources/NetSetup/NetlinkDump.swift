import CNetlink
import Glibc
import SystemPackage

/// One object of a dump: the message's type and what follows the netlink header.
struct NetlinkObject: Equatable {
    let type: UInt16
    let payload: ArraySlice<UInt8>

    /// The attributes behind a protocol header of `size` bytes; one that is cut short ends the list.
    func attributes(after size: Int) -> [NetlinkAttribute] { NetlinkAttribute.parse(payload.dropFirst(size)) }
}

/// A type and a value: struct nlattr and struct rtattr are the same.
struct NetlinkAttribute: Equatable {
    let type: UInt16
    let value: ArraySlice<UInt8>

    static func parse(_ bytes: ArraySlice<UInt8>) -> [NetlinkAttribute] {
        var attributes: [NetlinkAttribute] = []
        var rest = bytes
        while let length: UInt16 = rest.native(at: 0), let type: UInt16 = rest.native(at: 2), length >= 4, Int(length) <= rest.count {
            // The two highest bits are flags: NLA_F_NESTED, NLA_F_NET_BYTEORDER.
            attributes.append(NetlinkAttribute(type: type & 0x3fff, value: rest.prefix(Int(length)).dropFirst(4)))
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
        return attributes
    }

    /// Text up to a closing zero.
    var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
    /// A number in network byte order, as nf_tables has them.
    var number: UInt32? { value.count == 4 ? value.reduce(0) { $0 << 8 | UInt32($1) } : nil }
    var nested: [NetlinkAttribute] { NetlinkAttribute.parse(value) }
}

extension [NetlinkAttribute] {
    func first(_ type: some RawRepresentable<UInt32>) -> NetlinkAttribute? { first { UInt32($0.type) == type.rawValue } }
}

extension NetlinkSocket {
    /// Sends a request for a list, and returns the objects of the answer.
    /// - Throws: `NetError` when the kernel refuses, or does not answer within two seconds.
    func dump(_ request: [UInt8], _ operation: String, _ object: String) throws(NetError) -> [NetlinkObject] {
        let descriptor = nl_socket_get_fd(handle)
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout.size(ofValue: patience)))
        guard send(descriptor, request, request.count, 0) == request.count else {
            throw NetError(operation, object, .errno(Errno(rawValue: errno), call: "sendto"))
        }
        var objects: [NetlinkObject] = []
        while true {
            var error: Int32 = 0
            let datagram = [UInt8](unsafeUninitializedCapacity: 1 << 15) { buffer, count in
                let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                error = received < 0 ? errno : 0
                count = max(0, received)
            }
            guard error == 0 else {
                if error == EINTR { continue }
                throw NetError(operation, object, .errno(Errno(rawValue: error), call: "recv"))
            }
            if try Self.read(datagram, into: &objects, operation, object) { return objects }
        }
    }

    /// Whether the list has ended.
    static func read(
        _ datagram: [UInt8], into objects: inout [NetlinkObject], _ operation: String, _ object: String
    ) throws(NetError) -> Bool {
        var rest = datagram[...]
        while let header = NetlinkHeader(rest), header.length <= rest.count {
            let payload = rest.prefix(header.length).dropFirst(NetlinkHeader.size)
            switch Int32(header.type) {
            case NLMSG_DONE: return true
            case NLMSG_ERROR:
                guard let code: Int32 = payload.native(at: 0), code != 0 else { return true }
                throw NetError(operation, object, .kernel(Errno(rawValue: 0 &- code), message: nil))
            default: objects.append(NetlinkObject(type: header.type, payload: payload))
            }
            rest = rest.dropFirst((header.length + 3) & ~3)
        }
        // A datagram without a whole message would otherwise be read forever.
        return datagram.isEmpty
    }
}
