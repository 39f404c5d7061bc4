import CNetlink

/// One instruction of a rule: values are loaded into register 1 and compared there.
///
/// Attributes are in the order of nft(8) 1.0.6, so that the tests can compare byte for byte.
/// Numbers are 32 bits in network order; the encoders show each layout.
enum NftExpression: Equatable, Sendable {
    enum MetaKey: Sendable { case inputName, outputName, networkProtocol, transportProtocol, packetType }
    enum Comparison: Sendable { case equal, notEqual, atLeast, atMost }
    enum Header: Sendable { case network, transport }
    enum ConntrackKey: Sendable { case state, status }
    /// IP_CT_DIR_ORIGINAL and IP_CT_DIR_REPLY of linux/netfilter/nf_conntrack_tuple_common.h.
    enum Direction: UInt8, Sendable { case original = 0, reply = 1 }
    enum Register: UInt32, Sendable { case first = 1, second = 2 }
    enum Verdict: Equatable, Sendable { case accept, drop, jump(String) }
    enum NetworkFamily: Sendable { case ipv4, ipv6 }

    case meta(MetaKey)
    case compare(Comparison, [UInt8])
    case payload(Header, offset: UInt32, length: UInt32)
    case mask([UInt8])
    case immediate(Register, [UInt8])
    case verdict(Verdict)
    case conntrack(ConntrackKey)
    case connectionSource(NetworkFamily, Direction)
    case destinationType
    case destinationNAT(NetworkFamily, port: Bool)
    case masquerade
    case pathMSS
    case networkOrder16
    case setMSS

    /// The kernel module of this instruction, unless it is a part of nf_tables.
    var module: String? {
        switch self {
        case .conntrack, .connectionSource: "nft_ct"
        case .destinationType: "nft_fib_inet"
        case .destinationNAT: "nft_nat"
        case .masquerade: "nft_masq"
        default: nil
        }
    }

    /// NFTA_LIST_ELEM { NFTA_EXPR_NAME, NFTA_EXPR_DATA { ... } }
    func encode(_ message: borrowing NetlinkMessage) throws(NetError) {
        try message.nest(NFTA_LIST_ELEM) { () throws(NetError) in
            try message.put(NFTA_EXPR_NAME, name)
            try message.nest(NFTA_EXPR_DATA) { () throws(NetError) in try attributes(message) }
        }
    }

    private var name: String {
        switch self {
        case .meta: "meta"
        case .compare: "cmp"
        case .payload: "payload"
        case .mask: "bitwise"
        case .immediate, .verdict: "immediate"
        case .conntrack, .connectionSource: "ct"
        case .destinationType: "fib"
        case .destinationNAT: "nat"
        case .masquerade: "masq"
        case .pathMSS: "rt"
        case .networkOrder16: "byteorder"
        case .setMSS: "exthdr"
        }
    }

    private func attributes(_ message: borrowing NetlinkMessage) throws(NetError) {
        switch self {
        case .meta(let key): try Self.load(message, NFTA_META_KEY, key.number, into: NFTA_META_DREG)
        case .conntrack(let key): try Self.conntrack(message, key)
        case .connectionSource(let family, let direction): try Self.connectionSource(message, family, direction)
        case .destinationType: try Self.destinationType(message)
        case .pathMSS: try Self.load(message, NFTA_RT_KEY, NFT_RT_TCPMSS.rawValue, into: NFTA_RT_DREG)
        case .compare(let comparison, let bytes): try Self.compare(message, comparison, bytes)
        case .payload(let header, let offset, let length): try Self.payload(message, header, offset, length)
        case .mask(let mask): try Self.mask(message, mask)
        case .immediate(let register, let bytes): try Self.immediate(message, register, bytes)
        case .verdict(let verdict): try Self.verdict(message, verdict)
        case .destinationNAT(let family, let port): try Self.destinationNAT(message, family, port)
        case .masquerade: return
        case .networkOrder16: try Self.networkOrder16(message)
        case .setMSS: try Self.setMSS(message)
        }
    }
}
