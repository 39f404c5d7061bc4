import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The file of --opencore: a raw disk image, which is what `boot` gives to QEMU.
enum BootableDisk {
    /// - Throws: `dataError` for an empty file, an archive or another format of disk images.
    static func check(_ file: FilePath) throws(OperationError) {
        let sector: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: file.string))
            defer { try? handle.close() }
            sector = try handle.read(upToCount: 512) ?? Data()
        } catch {
            throw OperationError("read", file.string, cause: error.localizedDescription, exit: .noInput)
        }
        // UEFI Specification 2.10, 5.2.1: an MBR, also the protective one of a GPT, ends so; and so does the first sector of a FAT.
        guard sector.count == 512, sector.suffix(2).elementsEqual([0x55, 0xAA]) else {
            throw OperationError(
                "use", file.string, cause: sector.isEmpty ? "it is empty" : "it is no raw disk image: its first sector has no signature",
                remedy: "make one with `macos-virt mkopencore`; qemu-img convert -O raw makes a raw one of another format", exit: .dataError
            )
        }
    }
}
