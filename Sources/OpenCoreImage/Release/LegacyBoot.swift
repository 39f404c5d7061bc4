import Foundation
package import SystemPackage

/// The files that start OpenCore on a BIOS: two boot sectors, and OpenDuet, which brings UEFI along.
package struct LegacyBoot: Equatable, Sendable {
    /// For the first sector of the disk.
    package let boot0: FilePath
    /// For the first sector of the FAT32 partition.
    package let boot1: FilePath
    /// OpenDuet: the file `boot` in the root of the partition.
    package let duet: FilePath

    /// nil when one of them is not in the directory. OpenDuet is bootX64 since 0.8.8, and was boot before.
    package init?(in directory: FilePath) {
        let existing = { (name: String) -> FilePath? in
            let path = directory.appending(name)
            return FileManager.default.fileExists(atPath: path.string) ? path : nil
        }
        guard let boot0 = existing("boot0"), let boot1 = existing("boot1f32"), let duet = existing("bootX64") ?? existing("boot") else {
            return nil
        }
        (self.boot0, self.boot1, self.duet) = (boot0, boot1, duet)
    }
}
