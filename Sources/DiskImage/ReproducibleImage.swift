import Diagnostics
import DiskFormats
import Foundation
import SystemPackage

/// Replaces what qemu-img draws at random or takes from the clock, so that the same disk gives the same image.
enum ReproducibleImage {
    /// - Throws: `cantCreate`.
    static func normalizeVMDK(_ path: FilePath) throws(OperationError) {
        try edit(path) { file in
            let head = Array(try file.read(upToCount: VMDKDescriptor.reach) ?? Data())
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data(VMDKDescriptor.normalized(head)))
        }
    }

    /// - Throws: `cantCreate`, also when there is no footer.
    static func normalizeVHD(_ path: FilePath) throws(OperationError) {
        try edit(path) { file in
            let end = try file.seekToEnd()
            guard end >= UInt64(VHDFooter.size) else { throw CocoaError(.fileReadCorruptFile) }
            try file.seek(toOffset: end - UInt64(VHDFooter.size))
            let footer = Array(try file.read(upToCount: VHDFooter.size) ?? Data())
            guard footer.count == VHDFooter.size, footer.has(VHDFooter.magic, at: 0) else { throw CocoaError(.fileReadCorruptFile) }
            try file.seek(toOffset: end - UInt64(VHDFooter.size))
            try file.write(contentsOf: Data(VHDFooter.normalized(footer, length: end)))
        }
    }

    private static func edit(_ path: FilePath, _ work: (FileHandle) throws -> Void) throws(OperationError) {
        do {
            let file = try FileHandle(forUpdating: URL(filePath: path.string))
            try work(file)
            try file.close()
        } catch {
            throw OperationError("finish", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }
}
