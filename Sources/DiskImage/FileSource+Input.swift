package import Diagnostics
package import DiskFormats
import HostSupport
import LinuxSupport
package import SystemPackage

extension FileSource {
    /// A file of the user's, opened once.
    /// - Throws: `noInput`.
    package static func input(_ path: FilePath, allowsBlockDevice: Bool = true) throws(OperationError) -> FileSource {
        let descriptor = try InputFile.descriptor(path, allowsBlockDevice: allowsBlockDevice)
        do throws(FormatError) {
            return try FileSource(OwnedDescriptor(adopting: descriptor))
        } catch {
            throw error.operationError("read", path.string)
        }
    }
}
