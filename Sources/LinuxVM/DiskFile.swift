import BootSettings
package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
package import SystemPackage

/// A disk image, or a block device, and how QEMU reads it.
package struct DiskFile: Equatable, Sendable {
    package enum Format: String, Codable, Sendable { case raw, qcow2 }

    /// Absolute: QEMU takes `word:` at the start of a relative name for a protocol.
    package var path: FilePath
    package var format: Format

    package init(path: FilePath, format: Format) { (self.path, self.format) = (path, format) }

    /// Detects the format from the first bytes. If QEMU probed it, QEMU would not let the guest write the first sector.
    /// - Parameters:
    ///   - what: what the image is for, as the message names it.
    ///   - isDisk: refuse archives and formats of disk images that QEMU would take for raw.
    /// - Throws: `noInput` when it does not exist, cannot be read or is empty; `dataError` for another format and for a qcow2 that needs
    ///   other files.
    package init(_ what: String, at path: FilePath, isDisk: Bool = true, remedy: String) throws(OperationError) {
        let absolute = Self.absolute(path)
        let head: Data
        do {
            head = try InputFile.head(absolute, count: 512, allowsBlockDevice: true, remedy: remedy)
        } catch {
            throw OperationError("open \(what)", path.string, cause: error.cause, remedy: error.remedy, exit: error.exit)
        }
        guard !head.isEmpty else { throw OperationError("open \(what)", path.string, cause: "it is empty", remedy: remedy, exit: .noInput) }
        if isDisk, let format = Self.foreign.first(where: { head.dropFirst($0.offset).starts(with: $0.magic) }) {
            throw OperationError(
                "open \(what)", path.string, cause: "it is \(format.name), not a raw or qcow2 image", remedy: format.remedy,
                exit: .dataError)
        }
        let header = try QCOW2Header(reading: absolute)
        try header?.requireWhole(path)
        self.init(path: absolute, format: header == nil ? .raw : .qcow2)
    }

    /// Files that are mistaken for disk images, by the magic numbers of file(1).
    private static let foreign: [(name: String, magic: [UInt8], offset: Int, remedy: String)] = [
        ("a gzip archive", [0x1F, 0x8B], 0, "unpack it: gunzip"),
        ("an xz archive", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], 0, "unpack it: unxz"),
        ("a bzip2 archive", Array("BZh".utf8), 0, "unpack it: bunzip2"),
        ("a zstd archive", [0x28, 0xB5, 0x2F, 0xFD], 0, "unpack it: unzstd"),
        ("a ZIP archive", [0x50, 0x4B, 3, 4], 0, "unpack it: unzip"),
        ("a VMDK image", Array("KDMV".utf8), 0, "convert it: qemu-img convert -O qcow2"),
        ("a VMDK descriptor", Array("# Disk DescriptorFile".utf8), 0, "convert it: qemu-img convert -O qcow2"),
        ("a VHDX image", Array("vhdxfile".utf8), 0, "convert it: qemu-img convert -O qcow2"),
        ("a VHD image", Array("conectix".utf8), 0, "convert it: qemu-img convert -O qcow2"),
        ("a VirtualBox image", [0x7F, 0x10, 0xDA, 0xBE], 64, "convert it: qemu-img convert -O qcow2"),
    ]

    /// - Parameter minimum: bytes.
    /// - Throws: `noInput` for a smaller disk.
    package func check(atLeast minimum: Int, _ what: String, remedy: String) throws(OperationError) {
        let size = try size
        guard size < minimum else { return }
        throw OperationError(
            "use \(what)", path.string,
            cause: "it has \(ByteSize.render(size)), and `boot` refuses disks smaller than disk.minimum, \(ByteSize.render(minimum))",
            remedy: remedy, exit: .noInput)
    }

    /// Bytes of the disk, as the guest sees it.
    private var size: Int {
        get throws(OperationError) {
            if let header = try QCOW2Header(reading: path) { return header.size }
            let file = try InputFile.handle(path, allowsBlockDevice: true)
            // A block device has no size in stat(2).
            return (try? file.seekToEnd()).map { Int(clamping: $0) } ?? .max
        }
    }

    /// Below the working directory when it is relative.
    package static func absolute(_ path: FilePath) -> FilePath {
        guard path.isRelative else { return path }
        return FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized()
    }
}
