import DiskFormats
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AppleInstaller

/// Patches that replace a file: what is wrong in them is found before the file is used.
struct ReplacementPatchTests {
    private final class Memory: ByteSink {
        let bytes = Mutex<[UInt8]>([])

        func write(_ part: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
            bytes.withLock { $0 = Array($0.prefix(offset)) + Array(part) }
        }
    }

    /// One block, stored as it is. SHA-1 of "recovery" by sha1sum.
    private static let digest: [UInt8] = [
        0x8b, 0x60, 0xe9, 0xd7, 0x39, 0xb5, 0xa5, 0xbf, 0xd8, 0x7c, 0xbf, 0xe6, 0x75, 0x01, 0xab, 0x4f, 0xa6, 0xe4, 0x15, 0x04,
    ]

    private func patch(size: UInt8 = 8, control: UInt8 = 0, content: String = "recovery") -> [UInt8] {
        var bytes = Array("BXDIFF50".utf8)
        for number in [0, size, control, 36] { bytes += [number, 0, 0, 0, 0, 0, 0, 0] as [UInt8] }
        bytes += Self.digest
        bytes += Array("pbzx".utf8)
        bytes += [0, 0, 0, 0, 0, 1, 0, 0] as [UInt8]
        for _ in 0..<2 { bytes += [0, 0, 0, 0, 0, 0, 0, 8] as [UInt8] }
        return bytes + Array(content.utf8)
    }

    private func result(_ bytes: [UInt8]) throws -> String {
        let memory = Memory()
        try ReplacementPatch(MemorySource(bytes)).write(to: memory)
        return String(decoding: memory.bytes.withLock { $0 }, as: UTF8.self)
    }

    @Test func aWholeFile() throws { #expect(try result(patch()) == "recovery") }

    @Test func whatIsWrong() {
        #expect(throws: FormatError.damaged("the SHA-1 of what the patch makes differs")) { try result(patch(content: "recoverx")) }
        #expect(throws: FormatError.damaged("the patch makes more than its 7 bytes")) { try result(patch(size: 7)) }
        #expect(throws: FormatError.damaged("the patch makes 8 of its 9 bytes")) { try result(patch(size: 9)) }
        #expect(throws: FormatError.self) { try result(patch(control: 1)) }
        for count in patch().indices { #expect(throws: FormatError.self) { try result(Array(patch()[..<count])) } }
    }

    @Test func changedPatches() {
        var generator = SplitMix64(seed: 15)
        for _ in 0..<20_000 { if let text = try? result(generator.mutated(patch())) { #expect(text == "recovery") } }
    }
}
