import AppleMedia
import Diagnostics
import DiskFormats
import Foundation
import HFSPlus
import SystemPackage

/// Open files that an installer disk is made from: the recovery, and the content of the second volume.
struct InstallerMedia: Sendable {
    let recovery: RecoveryImage
    /// nil for a recovery alone.
    let installer: Installer?
    /// What was checked, in words, by the name of the file.
    var checks: [String: [String]] = [:]

    struct Installer: Sendable {
        let contents: VolumeContents
        /// "Install macOS Sequoia.app"
        let application: String
        /// What is written by itself, after everything else.
        let payload: PackagePayload?
        /// What is compared with its checksum while it is written: both read the same bytes at about the same time.
        let pending: [Pending]
    }

    /// An entry of a package, whose checksum is in the signed table of contents.
    struct Pending: Sendable {
        let archive: XarArchive
        let entry: XarEntry
        let file: String
    }

    static func failing<R>(_ file: String, _ body: () throws(FormatError) -> R) throws(OperationError) -> R {
        do throws(FormatError) {
            return try body()
        } catch {
            throw error.operationError("read", file)
        }
    }

    /// An entry that the signature of its package covers: one with a checksum.
    static func entry(_ name: String, of archive: XarArchive, file: String) throws(OperationError) -> XarEntry {
        guard let entry = archive.entry(name) else {
            throw OperationError("read", file, cause: "it has no \(name)", remedy: "get it again", exit: .dataError)
        }
        guard entry.checksum != nil || entry.storedChecksum != nil else {
            throw OperationError(
                "check", file, cause: "its \(name) has no checksum, so that its signature says nothing of it", exit: .dataError)
        }
        return entry
    }

    /// A package and who signed it, in words.
    static func signedPackage(
        _ path: FilePath, anchors: TrustAnchors
    ) async throws(OperationError) -> (archive: XarArchive, source: FileSource, check: String) {
        let file = path.lastComponent?.string ?? path.string
        let source = try RecoveryBuilder.open(path)
        let archive = try failing(file) { () throws(FormatError) in try XarArchive(source) }
        let signature = try await PackageSignature.verify(archive, in: source, file: file, anchors: anchors)
        let names = signature.names.joined(separator: ", ")
        let ended = signature.hasExpired ? "; the signer's certificate ended on \(signature.validUntil.formatted(.iso8601).prefix(10))" : ""
        return (archive, source, "the package's signature by \(names), SHA-256 of the root \(signature.root)\(ended)")
    }
}
