import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The exclusive claim to the disk, which QEMU inherits.
enum DiskClaim {
    /// Opens it exclusively and compares its size; QEMU opens it again.
    ///
    /// The kernel refuses O_EXCL on a block device while the device or one of its partitions is mounted, held by another driver or open
    /// with O_EXCL, through any node: two guests never get the same disk as long as each QEMU keeps this descriptor.
    ///
    /// - Returns: nil for an image file.
    static func take(path: String, size: Int) throws(OperationError) -> OwnedDescriptor? {
        let disk: OwnedDescriptor
        do {
            disk = try OwnedDescriptor(opening: FilePath(path), .readWrite, options: .exclusiveCreate)
        } catch {
            let remedy =
                error == .resourceBusy ? "unmount it, or end the guest or program that holds it (lsblk \(path))" : "check disk.device"
            throw OperationError("claim disk", path, cause: error.description, remedy: remedy, exit: ExitStatus.noInput)
        }
        // QEMU locks an image file itself and refuses one that another QEMU has open.
        if FileStatus(.live, path)?.isRegular ?? false { return nil }
        var actual: UInt64 = 0
        guard mv_block_size(disk.rawValue, &actual) == 0 else {
            throw OperationError(
                "claim disk", path, cause: "it is not a block device", remedy: "check disk.device", exit: ExitStatus.noInput)
        }
        guard actual == UInt64(size) else {
            throw OperationError(
                "claim disk", path, cause: "it has \(actual) bytes and had \(size) when it was chosen: another disk took its name",
                remedy: "name the disk by its serial number or label in disk.device", exit: ExitStatus.tempFail)
        }
        let high = fcntl(disk.rawValue, F_DUPFD_CLOEXEC, lowestDescriptor)
        guard high >= 0 else {
            throw OperationError("claim disk", path, cause: Errno(rawValue: errno).description, exit: ExitStatus.osError)
        }
        return OwnedDescriptor(adopting: high)
    }

    /// Above those of `RunLock`.
    private static let lowestDescriptor: Int32 = 66
}
