package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
package import HostSupport
import SystemPackage

/// The small disk by which a configuration reaches the Linux VM: FAT, without partitions, labelled so that Linux knows it.
package struct ConfigurationDisk: Equatable, Sendable {
    package static let label = "MACOSVIRT"
    /// Where the image's init puts what is on it.
    package static let place = "/run/config/macos-virt"
    /// FAT16 begins at 4085 clusters of 512 bytes.
    private static let sectors = 8192

    /// Names on the disk and what is in them.
    package var files: [String: String]

    package init(files: [String: String]) { self.files = files }

    /// - Parameter draft: where the image and what it is made from may be.
    /// - Throws: `osFile` without dosfstools or mtools; `cantCreate`.
    package func write(_ name: String, in draft: Draft) async throws(OperationError) {
        let tree = draft.path(name + ".files")
        try DraftFile.makeDirectory(tree)
        for (name, text) in files {
            do {
                try Data(text.utf8).write(to: URL(filePath: tree.appending(name).string))
            } catch {
                throw OperationError("write", tree.appending(name).string, cause: error.localizedDescription, exit: .cantCreate)
            }
        }
        let image = try RawImage(creating: draft.path(name), size: Self.sectors * DiskLayout.sector)
        let volume = FATVolume(image: image.path, offset: 0, sectors: Self.sectors, bits: .fat16, label: Self.label, serial: 0x6D76_0001)
        try await volume.format()
        try await volume.fill(from: tree)
    }
}
