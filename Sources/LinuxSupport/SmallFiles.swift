import Diagnostics
package import SystemPackage

/// A place with one-line files of which a probe reads hundreds: without a buffer on the heap, and a missing file is no error.
package protocol SmallFiles: ~Copyable {
    /// Opens a file to read it.
    func open(_ name: String) throws(Errno) -> OwnedDescriptor
}

extension SmallFiles where Self: ~Copyable {
    /// The first 4096 bytes of a file, trimmed; nil when it cannot be read.
    ///
    /// An attribute of sysfs is never longer: PAGE_SIZE bounds its `show` function.
    package func small(_ name: String) -> Substring? {
        guard let file = try? open(name) else { return nil }
        let text: String? = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            guard let count = try? file.descriptor.read(into: buffer) else { return nil }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text?.blanksTrimmed
    }

    /// The file's content as a decimal number; nil when it is none.
    package func number(_ name: String) -> Int? { small(name).flatMap { Int($0) } }

    /// As `small`, and nil when nothing but blanks is left.
    package func word(_ name: String) -> String? {
        small(name).flatMap { $0.isEmpty ? nil : $0.printable }
    }
}

extension OpenDirectory: SmallFiles {}

extension FileRoot: SmallFiles {
    /// A directory whose files are read one by one; nil when it is none.
    package func directory(_ absolute: String) -> OpenDirectory? { try? OpenDirectory(self, absolute) }
}
