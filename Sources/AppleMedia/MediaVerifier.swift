import APFS
package import DiskFormats
import HFSPlus
import MediaCodecs

/// Verifies everything that a file says about itself: checksums of images and archives, and the structure of HFS+ volumes, the metadata of
/// APFS volumes.
package struct MediaVerifier: Sendable {
    private let source: any ByteSource
    /// Threads that decode.
    private let workers: Int

    package init(_ source: any ByteSource, workers: Int) { (self.source, self.workers) = (source, workers) }

    /// - Parameter say: called with each thing that was verified, as a clause.
    /// - Throws: `damaged` for the first thing that is wrong; `unsupported` when the file says nothing about itself.
    package func verify(_ say: @Sendable (String) -> Void) async throws(FormatError) {
        guard let container = try MediaContainer.open(source) else {
            throw .unsupported("it is no archive, disk image or volume whose checksums this program knows")
        }
        switch container {
        case .package(let archive):
            say(archive.tableChecksum.map { "table of contents: \($0.algorithm.rawValue) matches" } ?? "table of contents: no checksum")
            for entry in archive.entries where entry.kind == .file {
                try archive.verify(entry)
                say(
                    "\(entry.path): \((entry.storedChecksum ?? entry.checksum).map { "\($0.algorithm.rawValue) matches" } ?? "no checksum")"
                )
            }
            if UDIFImage.recognizes(source) { try await verify(try UDIFImage(source), say) }
        case .zip(let archive):
            for entry in archive.entries where !entry.path.hasSuffix("/") {
                try archive.verify(entry)
                say("\(entry.path): CRC-32 matches")
            }
        case .image(let image): try await verify(image, say)
        case .disk, .volume, .apfs: try verifyVolumes(container, say)
        case .payload(let payload):
            let reader = try payload.reader()
            var count = 0
            while try reader.next() != nil { count += 1 }
            say("archive: \(count) entries can be read")
        }
    }

    private func verify(_ image: UDIFImage, _ say: @Sendable (String) -> Void) async throws(FormatError) {
        let verification = try await UDIFDecoder(image, workers: workers).decodeVerified(to: nil)
        for table in verification.tables { say("block table \"\(table.name)\": \(Self.text(table.result))") }
        say("data fork: \(Self.text(verification.dataFork))")
        say("master checksum: \(Self.text(verification.master))")
        if let container = try MediaContainer.openDisk(image) { try verifyVolumes(container, say) }
    }

    private func verifyVolumes(_ container: MediaContainer, _ say: @Sendable (String) -> Void) throws(FormatError) {
        switch container {
        case .volume(let volume):
            if let problem = try VolumeChecker.problems(of: volume).first { throw .damaged("volume \"\(volume.name)\": \(problem)") }
            say("volume \"\(volume.name)\": its structure is right")
        case .disk(let partitions):
            for partition in partitions {
                if let inner = try MediaContainer.openDisk(partition.content) { try verifyVolumes(inner, say) }
            }
        case .apfs(let container):
            for volume in container.volumes where volume.isEncrypted { say("volume \"\(volume.name)\": encrypted, not read") }
            for volume in container.volumes where !volume.isEncrypted {
                var entries = 0
                try volume.forEach { (_, entry) throws(FormatError) in
                    // The extents are read; the files' bytes have no checksum of their own.
                    if entry.kind == .file, !entry.isCompressed { _ = try volume.content(of: entry) }
                    entries += 1
                }
                say("volume \"\(volume.name)\": the checksums of its metadata match, \(entries) entries can be read")
            }
        case .image, .package, .zip, .payload: break
        }
    }

    private static func text(_ result: UDIFDecoder.Verification.Result) -> String {
        switch result {
        case .matches: "CRC-32 matches"
        case .absent: "no checksum"
        case .differs: "CRC-32 differs"
        }
    }
}
