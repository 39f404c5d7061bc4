import AppleMedia
package import Diagnostics
import DiskFormats
import DiskImage
import Downloads
package import HostSupport
import LinuxSupport
package import SystemPackage

/// Makes a disk with the Internet Recovery of a macOS.
package struct RecoveryBuilder: Sendable {
    private let environment: InstallerEnvironment
    private let progress: StepProgress

    package static let steps = 4
    /// Where a partition begins: 1 MiB, which every firmware and QEMU's block layer can do with.
    static let alignment = 1 << 20

    package init(_ environment: InstallerEnvironment, progress: StepProgress) {
        (self.environment, self.progress) = (environment, progress)
    }

    /// - Returns: the image, and what was found in it.
    /// - Throws: `unavailable`; `dataError` when what arrives is not what was asked for; `cantCreate`, `interrupted`.
    package func build(_ request: RecoveryRequest) async throws(OperationError) -> (image: FilePath, manifest: InstallerManifest) {
        let (fetched, recovery, system) = try await obtain(request)
        let output = request.output ?? request.directory.appending("Recovery_macOS_\(system.version)-\(system.build).img")
        let source = InstallerManifest.Source(
            name: "BaseSystem.dmg", url: fetched.reply.imageURL, size: fetched.chunklist.pieces.size,
            sha256OfPieces: fetched.chunklist.pieces.digest,
            checks: [
                "the SHA-256 of its \(fetched.chunklist.pieces.pieces.count) pieces", "the chunklist's signature by Apple's key",
                "the image's own checksums",
            ])
        let identifiers = DiskIdentifiers("\(fetched.chunklist.pieces.digest) \(request.layout.rawValue)")
        let manifest = try await Draft.with(in: Destination.directory(of: output)) { (draft) throws(OperationError) in
            let partition =
                switch request.layout {
                case .raw: try await writeRaw(recovery, identifiers, draft)
                case .opencore: try await writeFAT(recovery, fetched, identifiers, draft)
                }
            let manifest = InstallerManifest(
                image: output.lastComponent?.string ?? "", system: system, product: fetched.reply.product, sources: [source],
                partitions: [partition])
            try DraftFile.write(try ManifestFile.data(manifest, beside: output), to: draft.path("manifest"))
            try draft.publish([("image", output), ("manifest", ManifestFile.path(beside: output))])
            return manifest
        }
        return (output, manifest)
    }

    /// Asks for one board after the other, until the server gives what was asked for.
    private func obtain(
        _ request: RecoveryRequest
    ) async throws(OperationError) -> (RecoveryClient.Image, RecoveryImage, MacOSIdentity) {
        var failure: OperationError?
        for board in try request.boards() {
            do throws(OperationError) {
                let fetched = try await progress.step("fetch the recovery of macOS \(request.version) (\(board.board))") {
                    () throws(OperationError) in
                    try await environment.recovery.fetch(board, progress: progress)
                }
                let name = "the recovery of \(board.board)"
                return try await progress.step("read its version") { () throws(OperationError) in
                    let recovery = try RecoveryImage(try Self.open(fetched.image), name: name)
                    let system = try recovery.identity()
                    try system.require(.update(request.version), in: name)
                    return (fetched, recovery, system)
                }
            } catch  where error.exit == .dataError || error.exit == .unavailable {
                // Boards change what they get: the next one may still have it.
                if failure != nil { progress.say(error.description) }
                failure = failure ?? error
            }
        }
        throw failure ?? OperationError("find", "the recovery of macOS \(request.version)", cause: "there is none", exit: .unavailable)
    }

    private func writeRaw(
        _ recovery: RecoveryImage, _ identifiers: DiskIdentifiers, _ draft: Draft
    ) async throws(OperationError) -> InstallerManifest.Partition {
        let disk = InstallerDisk(identifiers)
        let (path, volume) = (draft.path("image"), recovery.volume)
        try await progress.step("write the disk") { () throws(OperationError) in
            try FreeSpace.require(volume.size, in: draft.directory)
            let sink = try disk.create(path, recovery: volume, installer: nil)
            try await recovery.write(to: sink, at: Self.alignment, progress: progress)
            try await disk.writeTable(path, recovery: volume, installer: nil)
        }
        try await progress.step("check the disk") { () throws(OperationError) in
            try InstallerDisk.check(path, recovery: volume, is: try recovery.identity())
        }
        return InstallerManifest.Partition(
            name: InstallerDisk.recoveryName, fileSystem: volume.kind.rawValue, offset: Self.alignment, size: volume.size,
            content: "recovery")
    }

    /// The image itself, for OpenCore, on a FAT32 volume.
    private func writeFAT(
        _ recovery: RecoveryImage, _ fetched: RecoveryClient.Image, _ identifiers: DiskIdentifiers, _ draft: Draft
    ) async throws(OperationError) -> InstallerManifest.Partition {
        try await progress.step("check the image") { () throws(OperationError) in
            try await recovery.write(to: NullSink(), at: 0, progress: progress)
        }
        return try await progress.step("write the disk") { () throws(OperationError) in
            let tree = draft.path("tree/com.apple.recovery.boot")
            try DraftFile.makeDirectory(tree)
            try InputFile.copy(fetched.image, to: tree.appending("BaseSystem.dmg"))
            try DraftFile.write(fetched.chunklistData, to: tree.appending("BaseSystem.chunklist"))
            let content = fetched.chunklist.pieces.size + fetched.chunklistData.count
            // FAT32 has 65525 clusters at least, and 4 bytes in each of its two tables for each of them.
            let sectors = max(content / 512 * 65 / 64 + 8192, 73_728) / 2048 * 2048 + 2048
            return try await RecoveryFolder(identifiers, sectors: sectors).write(draft.path("tree"), to: draft.path("image"))
        }
    }

    static func open(_ path: FilePath) throws(OperationError) -> FileSource {
        do throws(FormatError) {
            return try FileSource(opening: path)
        } catch {
            throw error.operationError("read", path.string)
        }
    }
}

/// Forgets what is written: for checking an image.
struct NullSink: ByteSink {
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {}
}
