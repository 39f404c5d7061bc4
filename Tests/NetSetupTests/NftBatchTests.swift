import TestSupport
import Testing

@testable import NetSetup

/// The bytes, against what nft(8) sends and against netlink's own rules.
struct NftBatchTests {
    @Test(arguments: RuleGolden.all) func aRuleIsWhatNftSends(_ golden: RuleGolden) throws {
        let rules = try golden.rules()
        let batch = try NftBatch(replacing: NftRuleset(rules))
        let messages = try Message.split(batch.bytes)
        let index = try #require(batch.labels.firstIndex { $0.object == "\(golden.chain) '\(golden.text)'" })
        let attributes = try Attribute.split(messages[index].payload.dropFirst(4))
        let expressions = try #require(attributes.first { $0.type == 4 })
        #expect(Array(expressions.value) == (try bytes(hex: golden.hex)))
    }

    /// `nft -f` with "add table inet t", "delete table inet t", "add table inet t" and the two chains, captured by
    @Test func tablesAndChainsAreWhatNftSends() throws {
        let ruleset = NftRuleset(
            table: "t", chains: [.base(.prerouting, .nat, priority: -100, []), NftChain(name: "forwards", base: nil, rules: [])])
        let golden = try bytes(hex: batchGolden)
        #expect(try NftBatch(replacing: ruleset).bytes == golden)
    }

    /// `nft create table inet t` sets NLM_F_REQUEST and NLM_F_EXCL; the rest is as where a table is replaced.
    @Test func aNewTableIsWhatNftSends() throws {
        let ruleset = try NftRuleset(.full())
        let creating = try Message.split(NftBatch(creating: ruleset).bytes)
        // Without "add table" and "delete table".
        var replacing = try Message.split(NftBatch(replacing: ruleset).bytes)
        replacing.removeSubrange(1...2)
        #expect(creating[1].flags == 0x201)
        #expect(replacing[1].flags == 0x001)
        #expect(creating.map(\.sequence) == creating.indices.map { UInt32($0) })
        #expect(creating.map(\.type) == replacing.map(\.type))
        #expect(creating.map(\.payload).map(Array.init) == replacing.map(\.payload).map(Array.init))
    }

    @Test func onlyTheLastMessageAsksForAnAcknowledgement() throws {
        let full = try NftRuleset(.full())
        for batch in [try NftBatch(replacing: full), try NftBatch(creating: full), try NftBatch(deleting: "t")] {
            let asking = try Message.split(batch.bytes).map { $0.flags & 4 != 0 }
            #expect(asking == asking.indices.map { $0 == asking.count - 2 })
        }
    }

    @Test func anyRulesBecomeWellFormedMessages() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<300 {
            let batch = try NftBatch(replacing: NftRuleset(.random(&random)))
            let messages = try Message.split(batch.bytes)
            #expect(messages.map(\.sequence) == messages.indices.map { UInt32($0) })
            #expect(messages.count == batch.labels.count)
            for message in messages { try message.payload.dropFirst(4).isEmpty ? () : Attribute.walk(message.payload.dropFirst(4)) }
        }
    }
}

/// A netlink message, taken apart with nothing but the format's rules (RFC 3549, netlink(7)).
struct Message {
    let type, flags: UInt16
    let sequence: UInt32
    let payload: ArraySlice<UInt8>

    static func split(_ bytes: [UInt8]) throws -> [Message] {
        var rest = bytes[...]
        var result: [Message] = []
        while !rest.isEmpty {
            try #require(rest.count >= 16)
            let length = Int(rest.integer(at: 0, as: UInt32.self))
            try #require(length >= 16 && length % 4 == 0 && length <= rest.count)
            result.append(
                Message(
                    type: rest.integer(at: 4), flags: rest.integer(at: 6), sequence: rest.integer(at: 8),
                    payload: rest.prefix(length).dropFirst(16)))
            rest = rest.dropFirst(length)
        }
        return result
    }
}

struct Attribute {
    let type: UInt16
    let nested: Bool
    let value: ArraySlice<UInt8>

    static func split(_ bytes: ArraySlice<UInt8>) throws -> [Attribute] {
        var rest = bytes
        var result: [Attribute] = []
        while !rest.isEmpty {
            try #require(rest.count >= 4)
            let length = Int(rest.integer(at: 0, as: UInt16.self))
            let type: UInt16 = rest.integer(at: 2)
            let padded = (length + 3) & ~3
            try #require(length >= 4 && padded <= rest.count)
            try #require(rest.prefix(padded).dropFirst(length).allSatisfy { $0 == 0 })
            result.append(Attribute(type: type & 0x3fff, nested: type & 0x8000 != 0, value: rest.prefix(length).dropFirst(4)))
            rest = rest.dropFirst(padded)
        }
        return result
    }

    static func walk(_ bytes: ArraySlice<UInt8>) throws {
        for attribute in try split(bytes) where attribute.nested { try walk(attribute.value) }
    }
}

extension ArraySlice<UInt8> {
    func integer<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }
}
