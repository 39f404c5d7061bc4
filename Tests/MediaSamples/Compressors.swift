import CBzip2
import CLzma
import CZlib

/// What the tests compress with: the same libraries that decode, in the other direction, and two small encoders of our own.
package enum Compressors {
    package struct Failure: Error {}

    /// - Parameter windowBits: 15 for zlib, 31 for gzip, -15 for neither.
    package static func zlib(_ bytes: [UInt8], windowBits: Int32 = 15) throws -> [UInt8] {
        var stream = z_stream()
        guard mv_deflate_init(&stream, 6, windowBits) == Z_OK else { throw Failure() }
        defer { deflateEnd(&stream) }
        var (input, output) = (bytes, [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count)))))
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { throw Failure() }
        return Array(output.prefix(Int(stream.total_out)))
    }

    package static func bzip2(_ bytes: [UInt8]) throws -> [UInt8] {
        var (input, output) = (bytes.map { CChar(bitPattern: $0) }, [CChar](repeating: 0, count: bytes.count + bytes.count / 50 + 600))
        var count = UInt32(output.count)
        guard BZ2_bzBuffToBuffCompress(&output, &count, &input, UInt32(input.count), 1, 0, 0) == BZ_OK else { throw Failure() }
        return output.prefix(Int(count)).map { UInt8(bitPattern: $0) }
    }

    package static func xz(_ bytes: [UInt8]) throws -> [UInt8] {
        var (output, count) = ([UInt8](repeating: 0, count: lzma_stream_buffer_bound(bytes.count)), 0)
        let capacity = output.count
        guard lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, nil, bytes, bytes.count, &output, &count, capacity) == LZMA_OK else {
            throw Failure()
        }
        return Array(output.prefix(count))
    }

    /// Literals, and matches of both forms where the last bytes repeat.
    package static func adc(_ bytes: [UInt8]) -> [UInt8] {
        var (result, literals, at): ([UInt8], ArraySlice<UInt8>, Int) = ([], [], 0)
        func flushed() -> [UInt8] { literals.isEmpty ? [] : [0x80 | UInt8(literals.count - 1)] + literals }
        while at < bytes.count {
            // A run of the distances that the sample text has, near and far.
            let match = [1, 4, 700, 3000].compactMap { distance -> (distance: Int, count: Int)? in
                guard distance <= at else { return nil }
                let limit = distance <= 1024 ? 18 : 67
                let count = (0..<min(limit, bytes.count - at)).prefix { bytes[at + $0] == bytes[at + $0 - distance] }.count
                return count >= 4 ? (distance, count) : nil
            }.max { $0.count < $1.count }
            if let match {
                result += flushed()
                literals = []
                let distance = match.distance - 1
                if match.distance <= 1024 && match.count <= 18 {
                    result += [UInt8((match.count - 3) << 2 | distance >> 8), UInt8(distance & 0xff)]
                } else {
                    result += [0x40 | UInt8(match.count - 4), UInt8(distance >> 8), UInt8(distance & 0xff)]
                }
                at += match.count
            } else {
                literals.append(bytes[at])
                at += 1
                if literals.count == 128 {
                    result += flushed()
                    literals = []
                }
            }
        }
        return result + flushed()
    }

    /// LZFSE with one block of bytes as they are; scripts/make-lzfse-vectors has the others.
    package static func lzfseStored(_ bytes: [UInt8]) -> [UInt8] {
        Array("bvx-".utf8) + withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) } + bytes + Array("bvx$".utf8)
    }

    /// Text that compresses, with some bytes that do not, the same for the same seed.
    package static func sample(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var (state, bytes): (UInt64, [UInt8]) = (seed &* 0x9e37_79b9_7f4a_7c15 | 1, [])
        bytes.reserveCapacity(count + 64)
        func next() -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(truncatingIfNeeded: state >> 33)
        }
        let words = ["macOS ", "installer ", "volume ", "0000", "\n", "catalog ", "sector "].map { Array($0.utf8) }
        while bytes.count < count {
            switch next() % 16 {
            case 0: for _ in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: next())) }
            case 1: bytes += repeatElement(UInt8(truncatingIfNeeded: next()), count: next() % 60)
            default: bytes += words[next() % words.count]
            }
        }
        return Array(bytes.prefix(count))
    }
}
