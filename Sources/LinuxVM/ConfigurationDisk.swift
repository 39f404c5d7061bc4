package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
package import HostSupport
import SystemPackage

/// The small disk that carries a configuration into the Linux VM: FAT, without partitions, with the label that the image looks for.
package struct ConfigurationDisk: Equatable, Sendable {
    package static let label = "MACOSVIRT"
    /// Where the image's init copies its files.
    package static let place = "/run/config/macos-virt"
    /// FAT16 begins at 4085 clusters of 512 bytes.
    private static let sectors = 8192

    /// The files on the disk: name and content.
    package var files: [String: String]

    package init(files: [String: String]) { self.files = files }

    /// - Parameter draft: the directory for the image and for the files that it is made from.
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
