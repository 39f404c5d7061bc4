import Foundation
import TestSupport
import Testing

@testable import MediaInstall

struct MailboxTests {
    private func ring(_ messages: [Mailbox.Message]) -> [UInt8] {
        var ring = [UInt8](repeating: 0, count: Mailbox.size)
        for message in messages {
            let start = message.number % Mailbox.blocks * Mailbox.blockSize
            ring.replaceSubrange(start..<(start + Mailbox.blockSize), with: Mailbox.block(message))
        }
        return ring
    }

    private func message(_ number: Int, _ text: String = "alive") -> Mailbox.Message { Mailbox.Message(number: number, text: text) }

    @Test func messagesComeOnceAndInOrder() {
        var mailbox = Mailbox()
        #expect(mailbox.take(ring([])).isEmpty)
        let three = [message(1, "hello 15.6 24G84"), message(2, ""), message(3, "percent 12.5")]
        #expect(mailbox.take(ring(three)) == three)
        #expect(mailbox.take(ring(three)).isEmpty)
        #expect(mailbox.take(ring(three + [message(4)])) == [message(4)])
        #expect(mailbox.lost == 0)
    }

    @Test func theRingGoesRound() {
        var mailbox = Mailbox()
        for number in 1...700 { #expect(mailbox.take(ring([message(number)])) == [message(number)]) }
        // A reader that slept: the oldest are gone, the rest is in order.
        let late = (1000...1255).map { message($0) }
        #expect(mailbox.take(ring(late)) == late)
        #expect(mailbox.lost == 299)
    }

    @Test func aGapIsWaitedFor() {
        var mailbox = Mailbox()
        #expect(mailbox.take(ring([message(1), message(3)])) == [message(1)])
        #expect(mailbox.take(ring([message(1), message(2), message(3)])) == [message(2), message(3)])
    }

    /// Whatever part of a block has reached the file, over whatever was there: it is the old message, the new one, or none.
    @Test(arguments: 0..<16) func aTornBlockIsNoMessage(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let old = Mailbox.block(message(7, "percent 12.5"))
        for _ in 0..<500 {
            let new = message(263, "percent \(Int.random(in: 10...99, using: &random)).\(Int.random(in: 0...9, using: &random))")
            var block = old
            let cut = Int.random(in: 0...80, using: &random)
            block.replaceSubrange(0..<cut, with: Mailbox.block(new)[..<cut])
            let found = Mailbox.message(block[...])
            #expect(found == nil || found == new || found == message(7, "percent 12.5"), "\(cut)")
        }
    }

    @Test(arguments: 0..<16) func anyBytes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            var ring = ring((1...20).map { message($0, "line \($0)") })
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                ring[Int.random(in: 0..<(21 * Mailbox.blockSize), using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var mailbox = Mailbox()
            for found in mailbox.take(ring) { #expect(found.text == "line \(found.number)") }
        }
    }

    @Test func theChecksumIsAdler32() {
        // RFC 1950 names the algorithm; these are zlib's own results.
        #expect(Adler32.checksum("".utf8) == 1)
        #expect(Adler32.checksum("Wikipedia".utf8) == 0x11E6_0398)
        #expect(Adler32.checksum([UInt8](repeating: 255, count: 100_000)) == 0x149a302c)
    }

    @Test func everyMessageIsUnderstoodAsItIsWritten() {
        let messages: [ScriptMessage] = [
            .hello(version: "15.6", build: "24G84"), .disk("disk0"), .erasing, .preparing("/Volumes/a b/c"), .percent(12.5), .alive,
            .line("Preparing to run"), .again(2, "The helper tool crashed"), .restarting, .failed(.noDisk, "of 5 bytes"),
            .failed(.erase, ""),
        ]
        for message in messages { #expect(ScriptMessage(message.text) == message) }
        for text in [
            "", "hello", "hello 15", "percent", "percent x", "percent 101", "percent nan", "again", "again x y", "failed", "failed x y",
            "Alive",
        ] {
            #expect(ScriptMessage(text) == nil, "\(text)")
        }
    }
}
