import Foundation
import TestSupport
import Testing

@testable import QMP

struct JSONTests {
    private func read(_ text: String) -> JSONValue? {
        var json = JSONText(text)
        let value = json.value()
        return json.isWhole ? value : nil
    }

    /// Whether Foundation takes it for JSON.
    private func isJSON(_ text: String) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil
    }

    private func canonical(_ object: Any) throws -> Data {
        try JSONSerialization.data(withJSONObject: object, options: [.fragmentsAllowed, .sortedKeys])
    }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-12", .integer(-12)),
        ("9223372036854775807", .integer(.max)), ("9223372036854775808", .decimal(9_223_372_036_854_775_808)), ("1.5e1", .decimal(15)),
        (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{c}\n\r\tz")), (#""\u00e9\ud83d\ude00é""#, .string("é😀é")),
        (#""\ud800x\udc00""#, .string("\u{fffd}x\u{fffd}")), ("[]", .array([])),
        ("[1 , [2]]", .array([.integer(1), .array([.integer(2)])])),
        ("{}", .object([])), (#"{"a":{"b":[]}, "c":null}"#, .object([.init("a", .object([.init("b", .array([]))])), .init("c", .null)])),
    ])
    func values(text: String, value: JSONValue) {
        #expect(read(text) == value)
        var skipped = JSONText(text)
        skipped.skip()
        #expect(skipped.isWhole)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "truee", "01", "-", "1.", ".5", "1e", "+1", "--1", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
        "\"\n\"", "[", "[1",
        "[1,", "[1,]", "[,]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{1:1}", "1 2", "[] []", "]", "}", ":", ",",
        "{]", "[}",
        "[1}", "{\"a\":1]", "\u{0}", "\u{feff}1",
    ])
    func rubbish(text: String) {
        // Foundation accepts a byte order mark and a comma behind the last value; RFC 8259 has neither.
        #expect(!isJSON(text) || ["\u{feff}1", "[1,]", "{\"a\":1,}"].contains(text))
        #expect(read(text) == nil)
        var skipped = JSONText(text)
        skipped.skip()
        #expect(!skipped.isWhole)
    }

    /// Numbers that only look like ones, and one that no `Double` holds.
    @Test func numbersOutOfRange() {
        #expect(read("1e999") == nil)
        var json = JSONText("9223372036854775808")
        #expect(json.integer() == nil && !json.isWhole)
        json = JSONText("1.5")
        #expect(json.integer() == nil && !json.isWhole)
        #expect(read(String(repeating: "9", count: 100_000)) == nil)
    }

    @Test func depthHasALimit() {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            for (depth, isGood) in [(JSONText.depthLimit - 1, true), (JSONText.depthLimit, false), (1_000_000, false)] {
                #expect((read(nested(depth, open, close)) != nil) == isGood, "\(depth)")
                var skipped = JSONText(nested(depth, open, close))
                skipped.skip()
                #expect(skipped.isWhole == isGood, "\(depth)")
            }
        }
    }

    @Test func keysComeOnceAndAreCounted() {
        #expect(read(#"{"a":1,"a":2}"#) == nil)
        func object(_ count: Int) -> String { "{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}" }
        #expect(read(object(JSONText.memberLimit)) != nil && read(object(JSONText.memberLimit + 1)) == nil)
    }

    /// After the first thing that is wrong, nothing is found any more.
    @Test func aFailureStays() {
        var json = JSONText("[1, x, 2]")
        #expect(json.array { $0.integer() } == nil)
        #expect(json.integer() == nil && json.string() == nil && json.kind() == nil && !json.isWhole && json.rest.isEmpty)
    }

    @Test func aSliceIsReadLater() throws {
        var json = JSONText(#"{"first": [1, 2] , "second": "x"}"#)
        var slice: JSONText?
        json.object { key, json in if key == "first" { slice = json.slice() } else { json.skip() } }
        #expect(json.isWhole)
        var first = try #require(slice)
        #expect(first.rest == "[1, 2]" && first.holds(" 2") && !first.holds("x"))
        #expect(first.array { $0.integer() } == [1, 2] && first.isWhole)
    }

    /// What is written is read by Foundation as the same value, and by us again.
    @Test func randomValues() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let value = random.value(depth: 4)
            #expect(read(value.text) == value, "\(value.text)")
            let theirs = try JSONSerialization.jsonObject(with: Data(value.text.utf8), options: .fragmentsAllowed)
            #expect(try canonical(theirs) == canonical(value.foundation), "\(value.text)")
        }
    }

    /// Whatever we take is JSON to Foundation as well, and nothing traps.
    @Test func mutatedTexts() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<20_000 {
            let bytes = random.mutatedJSON(random.value(depth: 4).text)
            var (values, skipped) = (JSONText(bytes), JSONText(bytes))
            let value = values.value()
            skipped.skip()
            guard values.isWhole, value != nil else { continue }
            #expect(skipped.isWhole, "\(bytes)")
            // RFC 8259, 8.2 allows half of a surrogate pair, which Foundation refuses.
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(isJSON(text) || text.lowercased().contains("\\ud8"), "\(text)")
        }
    }
}

extension JSONValue {
    /// What JSONSerialization makes of it.
    fileprivate var foundation: Any {
        switch self {
        case .null: NSNull()
        case .bool(let value): NSNumber(value: value)
        case .integer(let value): NSNumber(value: value)
        case .decimal(let value): NSNumber(value: value)
        case .string(let value): value
        case .array(let values): values.map(\.foundation)
        case .object(let members): Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.foundation) })
        }
    }
}
