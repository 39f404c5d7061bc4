import Foundation
import SystemPackage

/// Files that others made, read whole.
enum InputFile {
    /// In bytes: many times what OpenCore.efi, the largest of them, has.
    static let limit = 16 << 20

    /// nil when it is not there, cannot be read, or is longer than the limit: a file system can claim any length.
    static func contents(_ path: FilePath) -> Data? {
        guard let file = FileHandle(forReadingAtPath: path.string) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: limit + 1), data.count <= limit else { return nil }
        return data
    }
}
