import CNetlink
import Glibc
public import NetworkValues

/// The IPv4 addresses of this machine and the routes of every table, by rtnetlink.
public struct Routing: ~Copyable {
    let socket: NetlinkSocket

    /// - Throws: `NetError` when no netlink socket can be opened.
    public init() throws(NetError) { socket = try NetlinkSocket(.route) }

    public struct Address: Equatable, Sendable {
        public var address: IPv4Address
        public var prefixLength: Int
        public var link: Int
    }

    public struct Route: Equatable, Sendable {
        public var destination: IPv4Network
        public var gateway: IPv4Address?
        /// nil for a route with several next hops.
        public var link: Int?
        public var table: UInt32
    }

    /// `ip -4 address show`
    public func addresses() throws(NetError) -> [Address] {
        // struct ifaddrmsg: u8 family, u8 prefixlen, u8 flags, u8 scope, u32 index.
        try dump(RTM_GETADDR, headerSize: 8, "list addresses").compactMap { object in
            let attributes = object.attributes(after: 8)
            // IFA_LOCAL is the own address of a point-to-point link, IFA_ADDRESS the other end's.
            let own = attributes.first { $0.type == 2 } ?? attributes.first { $0.type == 1 }
            guard let address = own.flatMap({ Self.address($0.value) }), let prefix = object.payload.dropFirst(1).first, prefix <= 32,
                let index: UInt32 = object.payload.native(at: 4)
            else { return nil }
            return Address(address: address, prefixLength: Int(prefix), link: Int(index))
        }
    }

    /// `ip -4 route show table all type unicast`
    public func routes() throws(NetError) -> [Route] {
        // struct rtmsg: u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags.
        try dump(RTM_GETROUTE, headerSize: 12, "list routes").compactMap { object in
            let header = Array(object.payload.prefix(8))
            guard header.count == 8, header[7] == 1, header[1] <= 32 else { return nil }  // RTN_UNICAST
            let attributes = object.attributes(after: 12)
            func number(_ type: UInt16) -> UInt32? { attributes.first { $0.type == type }?.value.native(at: 0) }
            func address(_ type: UInt16) -> IPv4Address? { attributes.first { $0.type == type }.flatMap { Self.address($0.value) } }
            // RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_TABLE of linux/rtnetlink.h
            guard let destination = IPv4Network(address(1) ?? IPv4Address(bits: 0), prefixLength: Int(header[1])) else { return nil }
            return Route(
                destination: destination, gateway: address(5), link: number(4).map(Int.init), table: number(15) ?? UInt32(header[4]))
        }
    }

    private func dump(_ type: Int, headerSize: Int, _ operation: String) throws(NetError) -> [NetlinkObject] {
        let message = try NetlinkMessage(
            type: UInt16(truncatingIfNeeded: type), flags: UInt16(NLM_F_REQUEST | NLM_F_DUMP), sequence: 0)
        try message.append([UInt8(AF_INET)] + [UInt8](repeating: 0, count: headerSize - 1))
        return try socket.dump(message.bytes, operation, "")
    }

    private static func address(_ bytes: ArraySlice<UInt8>) -> IPv4Address? {
        bytes.count == 4 ? IPv4Address(bits: bytes.reduce(0) { $0 << 8 | UInt32($1) }) : nil
    }
}
