import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The initrd: cpio archives, as in Documentation/driver-api/early-userspace/buffer-format.rst of Linux.
enum Initramfs {
    /// The initrd for booting from a disk: busybox, disk drivers, and initrd-init.sh, which mounts the root.
    static func write(to result: FilePath, tree: PackageTree, kernel: KernelPackage, scratch: FilePath) async throws(OperationError) {
        let root = try DirectoryTree(creating: scratch, merged: false)
        for path in ["/dev", "/proc", "/sys"] { try root.directory(path) }
        try root.copy(try tree.file("/bin/busybox"), to: "/bin/busybox", mode: 0o755)
        try root.file("/init", PackageResources.initrd_init_sh, mode: 0o755)
        try root.file("/drivers", PackageResources.drivers_sh)
        try await kernel.copy(ModuleSet.storage, to: root)
        try await archive(root, to: result)
        // The kernel supports only the legacy format of LZ4: lib/decompress_unlz4.c.
        let packed = FilePath(result.string + ".lz4")
        try await Tool("lz4", from: "lz4").run(["-l", "-9", "--quiet", "--force", result.string, packed.string])
        try replace(result, with: packed)
    }

    /// The initrd for booting without a disk: the same, and the root as a file. The kernel reads one archive after another.
    static func write(to result: FilePath, early: FilePath, rootImage: FilePath, scratch: FilePath) async throws(OperationError) {
        let root = try DirectoryTree(creating: scratch, merged: false)
        try root.copy(rootImage, to: "/root.erofs")
        let second = FilePath(result.string + ".root")
        try await archive(root, to: second)
        do {
            // It is compressed already, and comes first: the kernel's LZ4 decoder reads everything that follows.
            var bytes = try Data(contentsOf: URL(filePath: second.string))
            bytes.append(try Data(contentsOf: URL(filePath: early.string)))
            try bytes.write(to: URL(filePath: result.string))
            try FileManager.default.removeItem(atPath: second.string)
        } catch {
            throw OperationError("write", result.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }

    /// find . | sort | cpio --create, with owners, inode numbers and times that do not depend on this machine.
    private static func archive(_ root: DirectoryTree, to result: FilePath) async throws(OperationError) {
        try await root.resetTimestamps()
        try await Tool("cpio", from: "cpio").run(
            ["--create", "--format=newc", "--reproducible", "--owner=+0:+0", "--quiet", "--file=\(result)"],
            input: root.paths().joined(separator: "\n") + "\n", directory: root.root)
    }

    private static func replace(_ path: FilePath, with other: FilePath) throws(OperationError) {
        do {
            try FileManager.default.removeItem(atPath: path.string)
            try FileManager.default.moveItem(atPath: other.string, toPath: path.string)
        } catch {
            throw OperationError("write", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }
}
