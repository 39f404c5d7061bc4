import Foundation
import SystemPackage

/// A file that nobody but its owner reads, from its first moment on.
enum SecretFile {
    static func write(_ data: Data, to path: FilePath) throws {
        let descriptor = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerRead, .ownerWrite])
        _ = try descriptor.closeAfter { try descriptor.writeAll(data) }
    }
}
