// The headers of both define `struct stat`, and which one owns it depends on what else is compiled with this file.
import CLinux
import Glibc
import SystemPackage

/// The parts of stat(2) that this project uses.
package struct FileStatus: Equatable, Sendable {
    /// Bytes; 0 for a device.
    package var size: Int
    /// Seconds since 1970.
    package var modified: Int
    /// Permission bits: 0o600.
    package var mode = 0
    /// User ID.
    package var owner = 0
    package var isRegular = false
    package var isDirectory = false
    package var isBlockDevice = false
    /// Of a device, as sysfs writes it: "8:17".
    package var deviceNumber: String?
}

extension FileStatus {
    /// Symbolic links are followed; nil when it is not there or out of reach.
    ///
    /// The corresponding C function is `stat`.
    package init?(_ root: FileRoot, _ absolute: String) {
        var status = stat()
        guard root.withPath(absolute, { stat($0, &status) }) == 0 else { return nil }
        let kind = status.st_mode & S_IFMT
        self.init(
            size: Int(status.st_size), modified: status.st_mtim.tv_sec, mode: Int(status.st_mode & 0o7777), owner: Int(status.st_uid),
            isRegular: kind == S_IFREG, isDirectory: kind == S_IFDIR, isBlockDevice: kind == S_IFBLK)
        if kind == S_IFBLK || kind == S_IFCHR { deviceNumber = Self.text(device: UInt64(status.st_rdev)) }
    }

    /// gnu_dev_major and gnu_dev_minor of sys/sysmacros.h.
    private static func text(device: UInt64) -> String {
        let major = (device >> 8) & 0xfff | (device >> 32) & 0xffff_f000
        let minor = device & 0xff | (device >> 12) & 0xffff_ff00
        return "\(major):\(minor)"
    }
}

/// A file that a plan refers to: part of what `boot probe --json` prints.
package struct FileFact: Codable, Equatable, Sendable {
    package var path: String
    /// Bytes; 0 for a block device.
    package var size: Int
    package var isBlockDevice: Bool

    package init(path: String, size: Int, isBlockDevice: Bool) { (self.path, self.size, self.isBlockDevice) = (path, size, isBlockDevice) }
}

extension FileRoot {
    /// The size and kind of a file, symbolic links followed; nil when it is not there or is a directory.
    package func fact(_ absolute: String) -> FileFact? {
        guard let status = FileStatus(self, absolute), !status.isDirectory else { return nil }
        return FileFact(path: absolute, size: status.size, isBlockDevice: status.isBlockDevice)
    }
}
