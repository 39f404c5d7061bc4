import Glibc
package import SystemPackage

/// A Unix socket that other programs on this machine connect to.
package enum LocalListener {
    /// Listens at a path, in place of a socket that is left there. Only the owner of this process can connect.
    /// - Throws: `.fileNameTooLong` for a path that fits in no address; the `Errno` of socket(2), bind(2), chmod(2) or listen(2).
    package static func make(_ path: String) throws(Errno) -> OwnedDescriptor {
        let name = Array(path.utf8)
        guard name.count < LocalSocket.pathLimit else { throw .fileNameTooLong }
        let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        let made = OwnedDescriptor(adopting: raw)
        var there = stat()
        if lstat(path, &there) == 0, there.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        // Nobody connects before listen(2).
        guard result == 0, chmod(path, 0o600) == 0, listen(raw, 16) == 0 else { throw Errno(rawValue: errno) }
        return made
    }
}
