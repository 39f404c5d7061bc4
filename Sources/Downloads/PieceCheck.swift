import Crypto
package import Diagnostics
import Foundation
import Glibc
import HostSupport
package import SystemPackage

/// Compares pieces of a file with their digests, on all cores.
package enum PieceCheck {
    /// Bytes that are read at once.
    private static let chunk = 1 << 20
    /// SEEK_DATA of linux/fs.h, which glibc declares under _GNU_SOURCE only.
    private static let seekData: CInt = 3

    /// The indices of the pieces that are not what they should be.
    /// - Parameter skipsHoles: whether a piece that was never written counts as different without being read.
    /// - Throws: `noInput`, `interrupted`.
    package static func differing(
        _ list: PieceList, in path: FilePath, only wanted: [Int]? = nil, skipsHoles: Bool = false
    ) async throws(OperationError) -> [Int] {
        let file = open(path.string, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw OperationError("read", path.string, cause: Errno(rawValue: errno).description, exit: .noInput) }
        defer { close(file) }
        let indices = wanted ?? Array(list.pieces.indices)
        let cores = min(max(ProcessInfo.processInfo.activeProcessorCount, 1), 8)
        let results = await withTaskGroup(of: [Int]?.self) { group in
            for lane in 0..<cores {
                group.addTask {
                    var bad: [Int] = []
                    for index in stride(from: lane, to: indices.count, by: cores).map({ indices[$0] }) {
                        if Task.isCancelled { return nil }
                        let piece = list.pieces[index]
                        if (skipsHoles && isHole(piece, file)) || !isRight(piece, file) { bad.append(index) }
                    }
                    return bad
                }
            }
            var all: [[Int]?] = []
            for await result in group { all.append(result) }
            return all
        }
        guard !Task.isCancelled, !results.contains(where: { $0 == nil }) else { throw Interruption.failure }
        return results.compactMap { $0 }.joined().sorted()
    }

    private static func isHole(_ piece: PieceList.Piece, _ file: CInt) -> Bool {
        let data = lseek(file, piece.offset, seekData)
        return data < 0 ? errno == ENXIO : data >= piece.end
    }

    /// A file that ends early or cannot be read is not right.
    static func isRight(_ piece: PieceList.Piece, _ file: CInt) -> Bool {
        var hash = SHA256()
        var (offset, buffer) = (piece.offset, [UInt8](repeating: 0, count: min(chunk, piece.size)))
        while offset < piece.end {
            let count = pread(file, &buffer, min(buffer.count, piece.end - offset), offset)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += count
        }
        return hash.finalize().elementsEqual(piece.digest)
    }
}
