// The headers of both define `struct stat`, and which one owns it depends on what else is compiled with this file.
import CLinux
import Glibc
import LinuxSupport
import SystemPackage

/// What stat(2) says of a file, as far as `boot` asks.
struct FileStatus: Equatable, Sendable {
    /// Bytes; 0 for a device.
    var size: Int
    /// Seconds since 1970.
    var modified: Int
    /// Permission bits: 0o600.
    var mode = 0
    /// User ID.
    var owner = 0
    var isRegular = false
    var isDirectory = false
    var isBlockDevice = false
}

extension FileStatus {
    /// Symbolic links are followed; nil when it is not there or out of reach.
    ///
    /// The corresponding C function is `stat`.
    init?(_ root: FileRoot, _ absolute: String) {
        var status = stat()
        guard root.withPath(absolute, { stat($0, &status) }) == 0 else { return nil }
        let kind = status.st_mode & S_IFMT
        self.init(
            size: Int(status.st_size), modified: status.st_mtim.tv_sec, mode: Int(status.st_mode & 0o7777), owner: Int(status.st_uid),
            isRegular: kind == S_IFREG, isDirectory: kind == S_IFDIR, isBlockDevice: kind == S_IFBLK)
    }
}
