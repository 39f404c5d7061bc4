package import Diagnostics
import Glibc
package import SystemPackage

/// Room on a file system. Tools that run out of it seldom say so.
package enum FreeSpace {
    /// - Parameter bytes: that are about to be written below `directory`.
    /// - Throws: `cantCreate` when there is less. Where it cannot be found out, nothing.
    package static func require(_ bytes: Int, in directory: FilePath) throws(OperationError) {
        var status = statvfs()
        guard statvfs(directory.string, &status) == 0 else { return }
        let (free, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        guard !overflow, free < bytes else { return }
        throw OperationError(
            "write", directory.string, cause: "No space left on device: \(bytes >> 20) MiB are needed, \(free >> 20) MiB are free",
            remedy: "make room, or choose another directory", exit: .cantCreate)
    }
}
