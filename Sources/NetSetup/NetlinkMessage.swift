import CNetlink
import SystemPackage

/// The owner of one netlink message. libnl computes lengths and padding.
struct NetlinkMessage: ~Copyable {
    private let message: OpaquePointer

    /// A rule has a few hundred bytes, a table's name 256 at most.
    private static let capacity = 4096

    /// The header, with port 0: the kernel fills in the socket's own.
    init(type: UInt16, flags: UInt16, sequence: UInt32) throws(NetError) {
        guard let message = nlmsg_alloc_size(Self.capacity) else {
            throw NetError("build netlink message", "", .errno(.noMemory, call: nil))
        }
        guard nlmsg_put(message, 0, sequence, Int32(type), 0, Int32(flags)) != nil else {
            nlmsg_free(message)
            throw NetError("build netlink message", "", .libnl(-NLE_NOMEM))
        }
        self.message = message
    }

    /// A protocol header after the netlink header, padded to 4 bytes.
    func append(_ bytes: [UInt8]) throws(NetError) {
        var bytes = bytes
        try Self.check(nlmsg_append(message, &bytes, bytes.count, Int32(NLMSG_ALIGNTO)))
    }

    /// One attribute with its value.
    func put(_ type: some RawRepresentable<UInt32>, _ bytes: [UInt8]) throws(NetError) {
        try Self.check(nla_put(message, Int32(truncatingIfNeeded: type.rawValue), Int32(truncatingIfNeeded: bytes.count), bytes))
    }

    /// An attribute with a number in network byte order, as all of nf_tables has them.
    func put(_ type: some RawRepresentable<UInt32>, _ value: UInt32) throws(NetError) { try put(type, value.bigEndianBytes) }

    /// An attribute with text and its closing zero.
    func put(_ type: some RawRepresentable<UInt32>, _ text: String) throws(NetError) { try put(type, Array(text.utf8) + [0]) }

    /// An attribute that contains those which `body` puts; it may be empty.
    func nest(_ type: some RawRepresentable<UInt32>, _ body: () throws(NetError) -> Void) throws(NetError) {
        guard let nest = nla_nest_start(message, Int32(truncatingIfNeeded: type.rawValue)) else {
            throw NetError("build netlink message", "", .libnl(-NLE_NOMEM))
        }
        try body()
        try Self.check(nla_nest_end_keep_empty(message, nest))
    }

    /// The whole message, ready to be sent alone or within a batch.
    var bytes: [UInt8] {
        guard let header = nlmsg_hdr(message) else { return [] }
        return Array(UnsafeRawBufferPointer(start: header, count: Int(header.pointee.nlmsg_len)))
    }

    private static func check(_ code: Int32) throws(NetError) {
        guard code < 0 else { return }
        throw NetError("build netlink message", "", .libnl(code))
    }

    deinit { nlmsg_free(message) }
}

extension FixedWidthInteger {
    /// Most significant byte first.
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

    /// In this machine's byte order, as nf_tables registers hold marks and conntrack bits.
    var nativeBytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
