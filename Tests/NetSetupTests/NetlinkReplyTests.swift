import SystemPackage
import TestSupport
import Testing

@testable import NetSetup

/// Answers of the kernel, true ones and hostile ones.
struct NetlinkReplyTests {
    /// `strace -e trace=recvmsg -e read=all ip link add x type nonsense`, iproute2 6.1, Linux 6.18: EOPNOTSUPP with words.
    static let refusal = """
        64000000 02000002 f2e1036b f6780000 a1ffffff 38000000 10000506 f2e1036b 00000000
        00000000 00000000 00000000 00000000 06000300 78000000 10001200 0c000100 6e6f6e73
        656e7365 18000100 556e6b6e 6f776e20 64657669 63652074 79706500
        """
    /// The same when NETLINK_CAP_ACK left only the header of our request in it.
    static let capped = """
        3c000000 02000003 f2e1036b f6780000 a1ffffff 38000000 10000506 f2e1036b 00000000
        18000100 556e6b6e 6f776e20 64657669 63652074 79706500
        """
    /// For a request that was done: NLM_F_CAPPED, error 0.
    static let acknowledgement = "24000000 02000001 07000000 00000000 00000000 20000000 030a0100 07000000 00000000"

    @Test(arguments: [refusal, capped]) func aRefusalIsReadWithItsWords(_ hex: String) throws {
        let bytes = try bytes(hex: hex)
        let replies = NetlinkReply.parse(bytes)
        #expect(replies.map(\.sequence) == [0x6b03_e1f2])
        #expect(replies.map(\.content) == [.refused(Errno(rawValue: 95), message: "Unknown device type")])
    }

    @Test func severalAnswersInOneDatagram() throws {
        let one = try bytes(hex: Self.acknowledgement)
        let two = try bytes(hex: Self.refusal)
        let replies = NetlinkReply.parse(one + two + one)
        #expect(replies.map(\.sequence) == [7, 0x6b03_e1f2, 7])
        #expect(replies.first?.content == .acknowledged)
    }

    @Test func whatIsCutShortIsLeftOut() throws {
        let whole = try bytes(hex: Self.acknowledgement)
        for length in 0..<whole.count { #expect(NetlinkReply.parse(Array(whole[..<length])).isEmpty) }
    }

    @Test(arguments: [UInt32(0), 1, 15, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])
    func aLyingLengthEndsTheReading(_ length: UInt32) throws {
        let bytes = length.nativeBytes + (try bytes(hex: Self.acknowledgement)).dropFirst(4)
        #expect(NetlinkReply.parse(bytes).isEmpty)
    }

    @Test func theSmallestErrorNumberDoesNotTrap() {
        let bytes = UInt32(20).nativeBytes + UInt16(2).nativeBytes + [0, 0] + UInt32(1).nativeBytes + [0, 0, 0, 0] + Int32.min.nativeBytes
        #expect(NetlinkReply.parse(bytes).map(\.content) == [.refused(Errno(rawValue: .min), message: nil)])
    }

    /// Each byte of a true answer replaced, several at a time, the end cut off at random: anything may come out, but never
    /// more messages than fit, and never a trap.
    @Test func noAnswerTraps() throws {
        var random = SplitMix64(seed: 42)
        let refusal = try bytes(hex: Self.refusal)
        let seed = try bytes(hex: Self.acknowledgement) + refusal
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            #expect(NetlinkReply.parse(bytes).count <= bytes.count / 16)
        }
    }
}

/// From answers to an error that names the rule.
struct FirewallAnswerTests {
    private static func reply(_ sequence: UInt32, _ error: Int32) -> [NetlinkReply] {
        NetlinkReply.parse(
            UInt32(36).nativeBytes + UInt16(2).nativeBytes + UInt16(0x100).nativeBytes + sequence.nativeBytes + [0, 0, 0, 0]
                + error.nativeBytes
                + [UInt8](repeating: 0, count: 16))
    }

    private static func failure(_ replies: [NetlinkReply]) throws -> String? {
        let batch = try NftBatch(replacing: NftRuleset(.plain()))
        do {
            try Firewall.judge(replies, batch.labels)
            return nil
        } catch {
            return error.description
        }
    }

    private static func sequence(_ object: String) throws -> UInt32 {
        UInt32(try #require(try NftBatch(replacing: NftRuleset(.plain())).labels.firstIndex { $0.object.hasPrefix(object) }))
    }

    @Test func anAcknowledgementIsSuccess() throws { #expect(try Self.failure(Self.reply(30, 0)) == nil) }

    @Test func silenceIsNone() throws { #expect(try Self.failure([])?.contains("did not answer") == true) }

    @Test func anAcknowledgementBesideARefusalIsNone() throws {
        #expect(
            try Self.failure(Self.reply(30, 0) + Self.reply(0, -16))
                == "change table macos_virt: Device or resource busy (load the module nf_tables)")
    }

    @Test func aMissingModuleIsNamedWithItsRule() throws {
        let sequence = try Self.sequence("postrouting 'ip saddr")
        #expect(
            try Self.failure(Self.reply(sequence + 9, -22) + Self.reply(sequence, -2))
                == "add rule postrouting 'ip saddr 192.168.254.0/24 oifname != \"tap0\" masquerade': No such file or directory (load the module nft_masq)"
        )
        let chain = try Self.sequence("prerouting")
        #expect(
            try Self.failure(Self.reply(chain, -2)) == "add chain prerouting: No such file or directory (load the module nft_chain_nat)")
    }

    @Test func aMissingCapabilityIsNamed() throws {
        #expect(
            try Self.failure(Self.reply(0, -1)) == "change table macos_virt: Operation not permitted (run as root, or with CAP_NET_ADMIN)")
    }

    @Test func anUnknownSequenceNumberIsNoTrap() throws {
        #expect(try Self.failure(Self.reply(.max - 1, -22))?.hasPrefix("change table macos_virt: Invalid argument") == true)
    }
}
