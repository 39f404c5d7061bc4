import AppleMedia
package import Diagnostics
package import DiskFormats
import Foundation
package import HostSupport

/// A BaseSystem.dmg: the recovery of a macOS, and where its volume is.
package struct RecoveryImage: Sendable {
    /// The disk: of a disk image, or as it is.
    package let disk: any ByteSource
    private let image: UDIFImage?
    package let volume: AppleVolume
    /// For messages.
    package let name: String

    /// - Throws: `dataError` for something else.
    package init(_ source: any ByteSource, name: String) throws(OperationError) {
        do throws(FormatError) {
            image = UDIFImage.recognizes(source) ? try UDIFImage(source) : nil
            disk = image ?? source
            volume = try AppleVolume(on: disk)
        } catch {
            throw error.operationError("read", name)
        }
        self.name = name
    }

    /// What it says it is.
    /// - Throws: `dataError`.
    package func identity() throws(OperationError) -> MacOSIdentity {
        try Self.identity(of: disk, volume, name: name)
    }

    /// What a volume on a disk says it is.
    package static func identity(of disk: any ByteSource, _ volume: AppleVolume, name: String) throws(OperationError) -> MacOSIdentity {
        let list: any ByteSource
        do throws(FormatError) {
            list = try volume.content(SystemVersion.path, on: disk)
        } catch {
            guard case .notFound = error else { throw error.operationError("check", name) }
            // InstallESD.dmg, of which 10.13 and newer have the recovery beside it.
            throw OperationError(
                "check", name, cause: "its volume has no \(SystemVersion.path), so that it is no recovery of macOS",
                remedy: "give BaseSystem.dmg or InstallAssistant.pkg; of macOS 10.13 to 10.15 InstallESDDmg.pkg, with the installer's "
                    + "other files beside it", exit: .dataError)
        }
        return try MacOSIdentity(list, in: name)
    }

    /// Writes the volume into a file, and compares the image's own checksums on the way.
    /// - Throws: `dataError` when one differs; `cantCreate`, `interrupted`.
    package func write(to sink: any ByteSink, at offset: Int, progress: StepProgress) async throws(OperationError) {
        do throws(FormatError) {
            guard let image else { return try sink.copy(disk, from: volume.offset, count: volume.size, at: offset) }
            let total = image.size / 1_000_000
            let window = WindowSink(of: sink, window: volume.offset..<volume.offset + volume.size, at: offset)
            let decoder = UDIFDecoder(image, workers: ProcessInfo.processInfo.activeProcessorCount)
            _ = try await decoder.decodeVerified(to: window) { progress.note("\($0 / 1_000_000) of \(total) MB") }
        } catch {
            throw error.operationError("write", name)
        }
    }
}
