import Crypto
import Diagnostics
package import DiskFormats
package import MediaCodecs

/// A checksum of an archive's parts, in the algorithms that xar uses.
package struct Checksum: Equatable, Sendable {
    package enum Algorithm: String, Sendable {
        case sha1, sha256, sha512, md5
    }

    package var algorithm: Algorithm
    package var bytes: [UInt8]

    package init(_ algorithm: Algorithm, _ bytes: [UInt8]) { (self.algorithm, self.bytes) = (algorithm, bytes) }

    /// Lower-case hexadecimal digits.
    package var text: String {
        bytes.hexadecimal
    }

    /// nil for an unknown algorithm or what is no hexadecimal number of its length.
    init?(algorithm: String, text: String) {
        // "SHA-1" in old archives.
        let name = algorithm.lowercased().filter { $0 != "-" }
        guard let algorithm = Algorithm(rawValue: name) else { return nil }
        let digits = text.compactMap { $0.hexDigitValue.map { UInt8($0) } }
        guard digits.count == text.count, digits.count == 2 * algorithm.size else { return nil }
        self.algorithm = algorithm
        bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension Checksum.Algorithm {
    /// Bytes.
    package var size: Int {
        switch self {
        case .md5: Insecure.MD5.byteCount
        case .sha1: Insecure.SHA1.byteCount
        case .sha256: SHA256.byteCount
        case .sha512: SHA512.byteCount
        }
    }

    /// The checksum of everything up to the end of a stream.
    package func checksum(of stream: any ByteStream) throws(FormatError) -> Checksum {
        switch self {
        case .md5: Checksum(self, try digest(stream, Insecure.MD5.self))
        case .sha1: Checksum(self, try digest(stream, Insecure.SHA1.self))
        case .sha256: Checksum(self, try digest(stream, SHA256.self))
        case .sha512: Checksum(self, try digest(stream, SHA512.self))
        }
    }

    private func digest<Hash: HashFunction>(_ stream: any ByteStream, _: Hash.Type) throws(FormatError) -> [UInt8] {
        var hash = Hash()
        try stream.forEach { (part) throws(FormatError) in
            if Task.isCancelled { throw .interrupted }
            hash.update(bufferPointer: part)
        }
        return Array(hash.finalize())
    }
}
