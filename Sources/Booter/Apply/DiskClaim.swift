import CLinux
import Diagnostics
import LinuxSupport
import SystemPackage

/// The last check of the disk before QEMU opens it.
enum DiskClaim {
    /// Opens it exclusively and compares its size; QEMU opens it again.
    ///
    /// O_EXCL on a block device is refused while it, or a partition of it, is mounted or held by another driver.
    static func check(path: String, size: Int) throws(OperationError) {
        let disk: OwnedDescriptor
        do {
            disk = try OwnedDescriptor(opening: FilePath(path), .readWrite, options: .exclusiveCreate)
        } catch {
            let remedy = error == .resourceBusy ? "unmount it, or stop the program that holds it (lsblk \(path))" : "check disk.device"
            throw OperationError("claim disk", path, cause: error.description, remedy: remedy, exit: ExitStatus.noInput)
        }
        var actual: UInt64 = 0
        guard mv_block_size(disk.rawValue, &actual) == 0 else {
            throw OperationError(
                "claim disk", path, cause: "it is not a block device", remedy: "check disk.device", exit: ExitStatus.noInput)
        }
        guard actual == UInt64(size) else {
            throw OperationError(
                "claim disk", path, cause: "it has \(actual) bytes and had \(size) when it was chosen: another disk took its name",
                remedy: "name the disk by serial or label: disk.device", exit: ExitStatus.tempFail)
        }
    }
}
