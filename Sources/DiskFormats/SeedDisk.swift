import Diagnostics
package import LinuxSupport
import SystemPackage

/// A seed disk: files that tell a guest at its start who it is, in the form that cloud-init calls NoCloud.
///
/// ISO 9660 with the label `cidata`: macOS mounts it without a partition table, it needs no size of its own, and nothing can write it.
package struct SeedDisk: Equatable, Sendable {
    package static let label = "cidata"
    /// Bytes of each file that the guest's agent reads, and of all files.
    package static let (textLimit, limit) = (1 << 20, 16 << 20)
    private static let texts = ["user-data", "meta-data"]

    /// Names and contents; user-data and meta-data among them.
    package let files: [String: [UInt8]]

    /// Why files cannot be a seed, as a clause: "it has no user-data".
    package struct Problem: Error, Equatable, Sendable {
        package var cause: String
        package var remedy: String

        package init(_ cause: String, remedy: String) { (self.cause, self.remedy) = (cause, remedy) }
    }

    /// What a directory has, before any of it is read.
    /// - Parameter sizes: bytes of its files, by their names.
    package static func problem(sizes: [String: Int]) -> Problem? {
        guard sizes["user-data"] != nil else {
            return Problem("it has no file user-data", remedy: "write one that begins with #cloud-config: docs/provisioning.md")
        }
        for name in texts where sizes[name] ?? 0 > textLimit {
            return Problem("\(name) is larger than 1 MiB", remedy: "move what is large into a file of its own beside it")
        }
        // Sizes come from anywhere: their sum may be no number.
        var left = limit
        for size in sizes.values {
            guard size >= 0, size <= left else {
                return Problem("its files are larger than 16 MiB together", remedy: "have the guest download what is large")
            }
            left -= size
        }
        return nil
    }

    /// The files at the top of a directory, links followed. Hidden ones and directories stay out.
    /// - Returns: names and bytes.
    package static func sizes(_ root: FileRoot, _ directory: String) -> [String: Int] {
        var sizes: [String: Int] = [:]
        for name in root.list(directory) where !name.hasPrefix(".") {
            if let status = FileStatus(root, directory + "/" + name), status.isRegular { sizes[name] = status.size }
        }
        return sizes
    }

    /// - Throws: `Problem`.
    package init(_ files: [String: [UInt8]]) throws(Problem) {
        if let problem = Self.problem(sizes: files.mapValues { $0.count }) { throw problem }
        var files = files
        if files["meta-data"] == nil {
            // Other user-data is another instance: the guest applies it.
            let hash = FNV1a.hash(files["user-data"] ?? [])
            let digits = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: hash >> $0) }.hexadecimal
            files["meta-data"] = Array("instance-id: seed-\(digits)\n".utf8)
        }
        self.files = files
    }

    /// - Throws: `Problem`, also for a file that cannot be read.
    package init(directory: String, _ root: FileRoot = .live) throws(Problem) {
        let sizes = Self.sizes(root, directory)
        if let problem = Self.problem(sizes: sizes) { throw problem }
        var files: [String: [UInt8]] = [:]
        for name in sizes.keys {
            do {
                files[name] = try root.prefix(directory + "/" + name, bytes: Self.limit + 1)
            } catch {
                throw Problem("\(name) cannot be read: \(error.description)", remedy: "check its permissions")
            }
        }
        try self.init(files)
    }

    /// The disk.
    /// - Throws: `Problem` for names that the disk cannot have.
    package func image() throws(Problem) -> [UInt8] {
        do throws(FormatError) {
            return try ISO9660(label: Self.label, files: files).bytes
        } catch {
            throw Problem(error.cause, remedy: "rename it, or move it out of the directory")
        }
    }
}
