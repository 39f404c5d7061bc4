import CNetlink
import SystemPackage

/// One message that the kernel sent back; every length is checked.
struct NetlinkReply: Equatable {
    enum Content: Equatable {
        /// The request was carried out.
        case acknowledged
        /// Refused, with the kernel's message if there is one.
        case refused(Errno, message: String?)
        /// Anything else: data of a query, the end of a dump.
        case other(type: UInt16)
    }

    /// The sequence number of the request that this answers.
    let sequence: UInt32
    let content: Content

    var isRefusal: Bool {
        if case .refused = content { return true }
        return false
    }

    /// Every whole message of a datagram; a truncated one at its end is left out.
    static func parse(_ datagram: [UInt8]) -> [NetlinkReply] {
        var replies: [NetlinkReply] = []
        var rest = datagram[...]
        while let header = NetlinkHeader(rest), header.length <= rest.count {
            replies.append(NetlinkReply(header, payload: rest.prefix(header.length).dropFirst(NetlinkHeader.size)))
            rest = rest.dropFirst((header.length + 3) & ~3)
        }
        return replies
    }

    private init(_ header: NetlinkHeader, payload: ArraySlice<UInt8>) {
        sequence = header.sequence
        guard header.type == UInt16(NLMSG_ERROR), let code: Int32 = payload.native(at: 0) else {
            content = .other(type: header.type)
            return
        }
        content = code == 0 ? .acknowledged : .refused(Errno(rawValue: 0 &- code), message: Self.message(header, payload))
    }

    /// The text attribute behind the copy of our request, of which only the header is left when it was capped.
    ///
    /// See struct nlmsgerr and NLM_F_ACK_TLVS in linux/netlink.h.
    private static func message(_ header: NetlinkHeader, _ payload: ArraySlice<UInt8>) -> String? {
        guard header.flags & UInt16(NLM_F_ACK_TLVS) != 0, let request = NetlinkHeader(payload.dropFirst(4)) else { return nil }
        let copied = header.flags & UInt16(NLM_F_CAPPED) != 0 ? NetlinkHeader.size : (request.length + 3) & ~3
        var attributes = payload.dropFirst(4 + copied)
        while let length: UInt16 = attributes.native(at: 0), let type: UInt16 = attributes.native(at: 2) {
            guard length >= 4, Int(length) <= attributes.count else { return nil }
            if type == UInt16(NLMSGERR_ATTR_MSG.rawValue) {
                let text = attributes.prefix(Int(length)).dropFirst(4).prefix { $0 != 0 }
                return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
            }
            attributes = attributes.dropFirst((Int(length) + 3) & ~3)
        }
        return nil
    }
}

/// struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port.
struct NetlinkHeader {
    static let size = 16
    let length: Int
    let type: UInt16
    let flags: UInt16
    let sequence: UInt32

    /// nil when the bytes end too early or the length denies the header itself.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let length: UInt32 = bytes.native(at: 0), let type: UInt16 = bytes.native(at: 4),
            let flags: UInt16 = bytes.native(at: 6), let sequence: UInt32 = bytes.native(at: 8),
            bytes.count >= Self.size, length >= Self.size, length <= UInt32(Int32.max)
        else { return nil }
        self.length = Int(length)
        self.type = type
        self.flags = flags
        self.sequence = sequence
    }
}

extension ArraySlice<UInt8> {
    /// An integer in this machine's byte order, `offset` bytes in; nil past the end.
    func native<T: FixedWidthInteger>(at offset: Int) -> T? {
        guard count >= offset + MemoryLayout<T>.size else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }
}
