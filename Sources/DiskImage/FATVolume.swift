package import Diagnostics
import DiskFormats
import Foundation
import HostSupport
package import SystemPackage

/// A FAT file system inside an image, made by dosfstools and filled by mtools: no root, no loop device.
package struct FATVolume: Equatable, Sendable {
    package enum Bits: Int, Sendable { case fat12 = 12, fat16 = 16, fat32 = 32 }

    package var image: FilePath
    /// In bytes, a multiple of 512.
    package var offset: Int
    package var sectors: Int
    package var bits: Bits
    /// At most 11 upper-case characters.
    package var label: String
    /// The volume's serial number.
    package var serial: UInt32

    package init(image: FilePath, offset: Int, sectors: Int, bits: Bits, label: String, serial: UInt32) {
        (self.image, self.offset, self.sectors) = (image, offset, sectors)
        (self.bits, self.label, self.serial) = (bits, label, serial)
    }

    /// mkfs.fat: erases what was there.
    /// - Throws: `software` when the size does not fit the kind.
    package func format() async throws(OperationError) {
        try await Tool("mkfs.fat", from: "dosfstools").run([
            // First, because it sets a serial number as well.
            "--invariant", "-F", String(bits.rawValue), "-s", "1", "-n", label, "-i", String(serial, radix: 16),
            "-h", String(offset / DiskLayout.sector), "--offset", String(offset / DiskLayout.sector),
            // In blocks of 1024 bytes.
            image.string, String(sectors / 2),
        ])
    }

    /// Copies the contents of a directory, sorted by name, so that the same tree gives the same bytes.
    /// - Throws: `cantCreate` when it does not fit; `software`.
    package func fill(from directory: FilePath) async throws(OperationError) {
        var (folders, files): ([String], [String]) = ([], [])
        guard let paths = FileManager.default.enumerator(atPath: directory.string) else {
            throw OperationError("read", directory.string, cause: "it is not a directory", exit: .noInput)
        }
        while let path = paths.nextObject() as? String {
            if paths.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { folders.append(path) } else { files.append(path) }
        }
        // A parent's name is shorter than its children's and sorts before them.
        for folder in folders.sorted() { try await mtools("mmd", ["::" + folder]) }
        for file in files.sorted() { try await mtools("mcopy", [directory.appending(file).string, "::" + file]) }
    }

    private func mtools(_ name: String, _ arguments: [String]) async throws(OperationError) {
        // MTOOLS_SKIP_CHECK: mtools would refuse geometries that these disks have.
        try await Tool(name, from: "mtools").run(
            ["-i", "\(image.string)@@\(offset)"] + arguments, environment: ["MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null"])
    }
}
