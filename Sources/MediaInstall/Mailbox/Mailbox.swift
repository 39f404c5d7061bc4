import DiskFormats

/// What the script in the recovery writes for this program: blocks of a partition, one message each, in a ring.
///
/// A block is a line of text, padded with blanks: `macos-virt NUMBER LENGTH CHECKSUM TEXT`. The number counts from 1 and decides the
/// block; the checksum is Adler-32, in decimal, of `NUMBER TEXT`. A block that is half written, or stale, is never taken for a message.
package struct Mailbox: Equatable, Sendable {
    package static let blockSize = 4096
    /// Of the whole ring: the partition is 1 MiB.
    package static let blocks = 256
    package static let size = blocks * blockSize
    /// Characters of a message; the script cuts longer ones.
    package static let textLimit = 400

    package struct Message: Equatable, Sendable {
        package var number: Int
        package var text: String
    }

    /// The number of the last message that was taken.
    package private(set) var last = 0
    /// Messages that were overwritten before they were read.
    package private(set) var lost = 0
    /// Calls in a row that found the next message missing.
    private var gaps = 0
    /// Then it will not come: the script's write failed.
    private static let gapLimit = 8

    package init() {}

    /// The messages since the last call, in their order.
    /// - Parameter ring: all blocks.
    package mutating func take(_ ring: [UInt8]) -> [Message] {
        var found: [Message] = []
        for block in 0..<min(Self.blocks, ring.count / Self.blockSize) {
            let bytes = ring[(block * Self.blockSize)..<((block + 1) * Self.blockSize)]
            guard let message = Self.message(bytes), message.number % Self.blocks == block, message.number > last else { continue }
            found.append(message)
        }
        found.sort { $0.number < $1.number }
        var taken: [Message] = []
        for message in found {
            // A later block may have reached the file before an earlier one; the next call finds both. Unless it never comes.
            if message.number > last + 1, message.number - last < Self.blocks / 2 {
                gaps += 1
                if gaps < Self.gapLimit { break }
            }
            gaps = 0
            lost += message.number - last - 1
            last = message.number
            taken.append(message)
        }
        return taken
    }

    /// nil for a block without a whole message.
    static func message(_ block: ArraySlice<UInt8>) -> Message? {
        guard block.first == UInt8(ascii: "m"), block.allSatisfy({ $0 == 0x0a || (0x20..<0x7f).contains($0) }) else { return nil }
        let parts = block.split(separator: UInt8(ascii: " "), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].elementsEqual("macos-virt".utf8), let number = Self.number(parts[1]), number > 0,
            let length = Self.number(parts[2]), (0...textLimit).contains(length), length <= parts[4].count, let sum = Self.number(parts[3])
        else { return nil }
        let text = parts[4].prefix(length)
        guard Int(Adler32.checksum(Array("\(number) ".utf8) + text)) == sum else { return nil }
        return Message(number: number, text: String(decoding: text, as: UTF8.self))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...10).contains(digits.count) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// A block as the script writes it.
    package static func block(_ message: Message) -> [UInt8] {
        let text = message.text.utf8.prefix(textLimit)
        let sum = Adler32.checksum(Array("\(message.number) ".utf8) + text)
        let line = Array("macos-virt \(message.number) \(text.count) \(sum) ".utf8) + text
        return line + [UInt8](repeating: 0x20, count: blockSize - 1 - line.count) + [0x0a]
    }
}
