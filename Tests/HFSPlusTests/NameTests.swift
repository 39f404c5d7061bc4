import Foundation
import TestSupport
import Testing

@testable import HFSPlus

/// Names against independent facts: Foundation's decomposition, and numbers of TN1150.
struct NameTests {
    @Test("Names are decomposed as Foundation does it, but for what Unicode 3.2 or Apple leave alone")
    func decomposition() throws {
        for value in UInt32(0x20)..<0x10000 where !(0xd800..<0xe000).contains(value) {
            let scalar = try #require(UnicodeScalar(value))
            guard scalar != "/", scalar != ":", let age = scalar.properties.age, (age.major, age.minor) <= (3, 2) else { continue }
            let name = try #require(HFSPlusName(String(Character(scalar))))
            let isKept = (0x2000..<0x3000).contains(value) || (0xf900..<0xfb00).contains(value)
            let expected = isKept ? String(Character(scalar)) : String(Character(scalar)).decomposedStringWithCanonicalMapping
            #expect(name.units == Array(expected.utf16), "U+\(String(value, radix: 16))")
        }
    }

    @Test("Marks are put in the order of their classes")
    func order() {
        // Cedilla (202) before acute (230), whichever was written first.
        #expect(HFSPlusName("c\u{301}\u{327}")?.units == [0x63, 0x327, 0x301])
        #expect(HFSPlusName("\u{e7}\u{301}")?.units == [0x63, 0x327, 0x301])
        #expect(HFSPlusName("\u{1ee9}")?.units == [0x75, 0x31b, 0x301])
        #expect(HFSPlusName("각")?.units == [0x1100, 0x1161, 0x11a8])
    }

    @Test("A slash in a name is a colon in a path")
    func slash() {
        #expect(HFSPlusName("a:b")?.units == Array("a/b".utf16))
        #expect(HFSPlusName(units: Array("a/b".utf16)).text == "a:b")
        #expect(HFSPlusName("") == nil)
        #expect(HFSPlusName(String(repeating: "x", count: 256)) == nil)
        #expect(HFSPlusName(String(repeating: "ä", count: 128)) == nil)
    }

    @Test("Case and marks of direction do not count, a zero comes last")
    func comparison() {
        func compare(_ a: String, _ b: String) -> Int { HFSPlusName.compareIgnoringCase(Array(a.utf16), Array(b.utf16)).signum() }
        #expect(compare("README", "readme") == 0)
        #expect(compare("ÆTHER", "æther") == 0)
        #expect(compare("ПРИВЕТ", "привет") == 0)
        #expect(compare("a\u{200d}b", "AB") == 0)
        #expect(compare("ab", "abc") < 0)
        #expect(compare("_", "a") < 0)
        // Unicode 2.0 had no lower case for this one, and Georgian capitals 48 further on.
        #expect(compare("\u{1f6}", "\u{195}") != 0)
        #expect(compare("\u{10a0}", "\u{10d0}") == 0)
        #expect(compare("\u{0}\u{0}\u{0}\u{0}HFS+ Private Data", "zebra") > 0)
        #expect(HFSPlusName.compareExactly(Array("B".utf16), Array("a".utf16)) < 0)
        // TN1150's table maps this many characters, two of them to what is not their lower case now.
        #expect(HFSPlusName.folded.indices.filter { HFSPlusName.folded[$0] != UInt16($0) }.count == 329)
    }

    @Test("The order is total")
    func total() {
        var random = SplitMix64(seed: 7)
        let names = (0..<60).map { _ in Array(random.text("aAbB\u{300}\u{200c}æÆ\u{0}z", count: 0...5).utf16) }
        for a in names {
            for b in names {
                let order = HFSPlusName.compareIgnoringCase(a, b)
                #expect(order.signum() == -HFSPlusName.compareIgnoringCase(b, a).signum())
                for c in names where order <= 0 && HFSPlusName.compareIgnoringCase(b, c) <= 0 {
                    #expect(HFSPlusName.compareIgnoringCase(a, c) <= 0)
                }
            }
        }
    }
}
