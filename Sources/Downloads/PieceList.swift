import Crypto
package import Foundation

/// The pieces of a file, in order and without gaps, with the SHA-256 of each: what makes a large download verifiable in parts.
package struct PieceList: Equatable, Sendable {
    package struct Piece: Equatable, Sendable {
        /// Bytes.
        package let offset: Int
        package let size: Int
        /// 32 bytes.
        package let digest: [UInt8]

        package var end: Int { offset + size }
    }

    package let pieces: [Piece]
    /// Of the whole file, in bytes.
    package let size: Int
    /// What identifies the content: the SHA-256 of all sizes (four bytes, little-endian) and digests.
    package let digest: String

    /// - Returns: nil unless there is a piece, every piece has 1 byte to 1 GiB, and the sum is a size of a file.
    package init?(_ parts: [(size: Int, digest: [UInt8])]) {
        guard !parts.isEmpty else { return nil }
        var (pieces, offset, identity): ([Piece], Int, SHA256) = ([], 0, SHA256())
        for part in parts {
            guard (1...1 << 30).contains(part.size), part.digest.count == 32 else { return nil }
            let (end, overflow) = offset.addingReportingOverflow(part.size)
            guard !overflow else { return nil }
            pieces.append(Piece(offset: offset, size: part.size, digest: part.digest))
            identity.update(data: (0..<4).map { UInt8(truncatingIfNeeded: part.size >> (8 * $0)) } + part.digest)
            offset = end
        }
        (self.pieces, size, digest) = (pieces, offset, identity.finalize().hexadecimal)
    }

    /// The pieces of a content.
    package init?(of data: Data, pieceSize: Int) {
        guard pieceSize > 0 else { return nil }
        self.init(
            stride(from: 0, to: data.count, by: pieceSize).map { start in
                let part = data.dropFirst(start).prefix(pieceSize)
                return (part.count, Array(SHA256.hash(data: part)))
            })
    }
}
