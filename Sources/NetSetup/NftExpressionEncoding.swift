import CNetlink

/// The attributes of each instruction. A map shows type and value of each; `reg` is NFT_REG_1, the first 16-byte register.
extension NftExpression {
    private static let register = NFT_REG_1.rawValue

    /// `meta load oifname => reg 1`, `rt load tcpmss => reg 1`
    ///
    ///     | 2 KEY u32 | 1 DREG u32 |
    static func load(
        _ message: borrowing NetlinkMessage, _ key: some RawRepresentable<UInt32>, _ value: UInt32,
        into register: some RawRepresentable<UInt32>
    ) throws(NetError) {
        try message.put(key, value)
        try message.put(register, Self.register)
    }

    /// `ct load state => reg 1`
    ///
    ///     | 2 KEY u32 | 1 DREG u32 |
    static func conntrack(_ message: borrowing NetlinkMessage, _ key: ConntrackKey) throws(NetError) {
        let number = key == .state ? NFT_CT_STATE : NFT_CT_STATUS
        try load(message, NFTA_CT_KEY, number.rawValue, into: NFTA_CT_DREG)
    }

    /// `ct load src_ip => reg 1, dir original`
    ///
    ///     | 2 KEY u32 | 1 DREG u32 | 3 DIRECTION u8 |
    static func connectionSource(
        _ message: borrowing NetlinkMessage, _ family: NetworkFamily, _ direction: Direction
    ) throws(NetError) {
        let key = family == .ipv4 ? NFT_CT_SRC_IP : NFT_CT_SRC_IP6
        try load(message, NFTA_CT_KEY, key.rawValue, into: NFTA_CT_DREG)
        try message.put(NFTA_CT_DIRECTION, [direction.rawValue])
    }

    /// `fib daddr type => reg 1`
    ///
    ///     | 3 FLAGS u32 | 2 RESULT u32 | 1 DREG u32 |
    static func destinationType(_ message: borrowing NetlinkMessage) throws(NetError) {
        try message.put(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR.rawValue)
        try message.put(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE.rawValue)
        try message.put(NFTA_FIB_DREG, register)
    }

    /// `cmp eq reg 1 BYTES`
    ///
    ///     | 1 SREG u32 | 2 OP u32 | 3 DATA { 1 VALUE bytes } |
    static func compare(_ message: borrowing NetlinkMessage, _ comparison: Comparison, _ bytes: [UInt8]) throws(NetError) {
        try message.put(NFTA_CMP_SREG, register)
        try message.put(NFTA_CMP_OP, comparison.number)
        try value(message, NFTA_CMP_DATA, bytes)
    }

    /// `payload load 2b @ transport header + 2 => reg 1`
    ///
    ///     | 1 DREG u32 | 2 BASE u32 | 3 OFFSET u32 | 4 LEN u32 |
    static func payload(_ message: borrowing NetlinkMessage, _ header: Header, _ offset: UInt32, _ length: UInt32) throws(NetError) {
        let base = header == .network ? NFT_PAYLOAD_NETWORK_HEADER : NFT_PAYLOAD_TRANSPORT_HEADER
        try message.put(NFTA_PAYLOAD_DREG, register)
        try message.put(NFTA_PAYLOAD_BASE, base.rawValue)
        try message.put(NFTA_PAYLOAD_OFFSET, offset)
        try message.put(NFTA_PAYLOAD_LEN, length)
    }

    /// `bitwise reg 1 = ( reg 1 & MASK ) ^ 0`
    ///
    ///     | 1 SREG u32 | 2 DREG u32 | 3 LEN u32 | 4 MASK { 1 VALUE bytes } | 5 XOR { 1 VALUE bytes } |
    static func mask(_ message: borrowing NetlinkMessage, _ mask: [UInt8]) throws(NetError) {
        try message.put(NFTA_BITWISE_SREG, register)
        try message.put(NFTA_BITWISE_DREG, register)
        try message.put(NFTA_BITWISE_LEN, UInt32(truncatingIfNeeded: mask.count))
        try value(message, NFTA_BITWISE_MASK, mask)
        try value(message, NFTA_BITWISE_XOR, [UInt8](repeating: 0, count: mask.count))
    }

    /// `immediate reg 1 BYTES`
    ///
    ///     | 1 DREG u32 | 2 DATA { 1 VALUE bytes } |
    static func immediate(_ message: borrowing NetlinkMessage, _ register: Register, _ bytes: [UInt8]) throws(NetError) {
        try message.put(NFTA_IMMEDIATE_DREG, register.rawValue)
        try value(message, NFTA_IMMEDIATE_DATA, bytes)
    }

    /// `immediate reg 0 jump -> forwards`
    ///
    ///     | 1 DREG u32 = verdict | 2 DATA { 2 VERDICT { 1 CODE u32 | 2 CHAIN text, jump only } } |
    static func verdict(_ message: borrowing NetlinkMessage, _ verdict: Verdict) throws(NetError) {
        try message.put(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT.rawValue)
        try message.nest(NFTA_IMMEDIATE_DATA) { () throws(NetError) in
            try message.nest(NFTA_DATA_VERDICT) { () throws(NetError) in
                try message.put(NFTA_VERDICT_CODE, verdict.code)
                if case .jump(let chain) = verdict { try message.put(NFTA_VERDICT_CHAIN, chain) }
            }
        }
    }

    /// `nat dnat ip addr_min reg 1 proto_min reg 2 flags 0x2`
    ///
    ///     | 1 TYPE u32 | 2 FAMILY u32 | 3 REG_ADDR_MIN u32 | with a port: 5 REG_PROTO_MIN u32 | 7 FLAGS u32 |
    static func destinationNAT(_ message: borrowing NetlinkMessage, _ family: NetworkFamily, _ port: Bool) throws(NetError) {
        try message.put(NFTA_NAT_TYPE, NFT_NAT_DNAT.rawValue)
        try message.put(NFTA_NAT_FAMILY, family == .ipv4 ? UInt32(NFPROTO_IPV4) : UInt32(NFPROTO_IPV6))
        try message.put(NFTA_NAT_REG_ADDR_MIN, Register.first.rawValue)
        guard port else { return }
        try message.put(NFTA_NAT_REG_PROTO_MIN, Register.second.rawValue)
        try message.put(NFTA_NAT_FLAGS, UInt32(NF_NAT_RANGE_PROTO_SPECIFIED))
    }

    /// `byteorder reg 1 = hton(reg 1, 2, 2)`
    ///
    ///     | 1 SREG u32 | 2 DREG u32 | 3 OP u32 | 4 LEN u32 | 5 SIZE u32 |
    static func networkOrder16(_ message: borrowing NetlinkMessage) throws(NetError) {
        try message.put(NFTA_BYTEORDER_SREG, register)
        try message.put(NFTA_BYTEORDER_DREG, register)
        try message.put(NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON.rawValue)
        try message.put(NFTA_BYTEORDER_LEN, 2)
        try message.put(NFTA_BYTEORDER_SIZE, 2)
    }

    /// `exthdr write tcpopt reg 1 => 2b @ 2 + 2`: option 2 is the maximum segment size (RFC 9293), its value 2 bytes in.
    ///
    ///     | 7 SREG u32 | 2 TYPE u8 | 3 OFFSET u32 | 4 LEN u32 | 6 OP u32 |
    static func setMSS(_ message: borrowing NetlinkMessage) throws(NetError) {
        try message.put(NFTA_EXTHDR_SREG, register)
        try message.put(NFTA_EXTHDR_TYPE, [2])
        try message.put(NFTA_EXTHDR_OFFSET, 2)
        try message.put(NFTA_EXTHDR_LEN, 2)
        try message.put(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT.rawValue)
    }

    private static func value(_ message: borrowing NetlinkMessage, _ type: some RawRepresentable<UInt32>, _ bytes: [UInt8]) throws(NetError)
    {
        try message.nest(type) { () throws(NetError) in try message.put(NFTA_DATA_VALUE, bytes) }
    }
}

extension NftExpression.MetaKey {
    var number: UInt32 {
        switch self {
        case .inputName: NFT_META_IIFNAME.rawValue
        case .outputName: NFT_META_OIFNAME.rawValue
        case .networkProtocol: NFT_META_NFPROTO.rawValue
        case .transportProtocol: NFT_META_L4PROTO.rawValue
        case .packetType: NFT_META_PKTTYPE.rawValue
        }
    }
}

extension NftExpression.Comparison {
    fileprivate var number: UInt32 {
        switch self {
        case .equal: NFT_CMP_EQ.rawValue
        case .notEqual: NFT_CMP_NEQ.rawValue
        case .atLeast: NFT_CMP_GTE.rawValue
        case .atMost: NFT_CMP_LTE.rawValue
        }
    }
}

extension NftExpression.Verdict {
    /// NF_DROP and NF_ACCEPT of linux/netfilter.h; nf_tables' own verdicts are negative.
    fileprivate var code: UInt32 {
        switch self {
        case .drop: 0
        case .accept: 1
        case .jump: UInt32(bitPattern: NFT_JUMP.rawValue)
        }
    }
}
