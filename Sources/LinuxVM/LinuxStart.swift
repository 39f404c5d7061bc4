package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// How the VM starts what `macos-virt mklinux` made.
package enum LinuxStart: Equatable, Sendable {
    /// The disk with boot loader, kernel and root.
    case disk(DiskFile)
    /// Kernel and initrd, started by QEMU itself with these words on the kernel's command line.
    case kernel(FilePath, initrd: FilePath, words: String)

    static let remedy = "make it with `macos-virt mklinux --output build/linux`, or name another with --linux"
    /// For a kernel without a manifest beside it.
    package static let words = "console=tty0 console=ttyS0,115200 quiet loglevel=4 scsi_mod.scan=sync"

    /// The disk: the file that is named, or `linux.img` in the directory that is named.
    /// - Throws: `noInput`.
    package static func disk(at path: FilePath) throws(OperationError) -> LinuxStart {
        guard isDirectory(path) else { return .disk(try DiskFile("the Linux image", at: path, remedy: remedy)) }
        let names = ["linux.img", "linux.qcow2"]
        let found = names.map { path.appending($0) }.first { FileManager.default.fileExists(atPath: $0.string) }
        return .disk(try DiskFile("the Linux image", at: found ?? path.appending("linux.img"), remedy: remedy))
    }

    /// The part of mklinux's manifest.json that is needed here.
    private struct Manifest: Decodable {
        /// Without the words that find the root on a disk.
        var kernelCommandLine: String
    }

    /// `vmlinuz` and `initrd` of the directory that is named, or that the image is in, with the words of its manifest.
    /// - Parameter extra: further words for the kernel.
    /// - Throws: `noInput`.
    package static func kernel(at path: FilePath, adding extra: String?) throws(OperationError) -> LinuxStart {
        let directory = isDirectory(path) ? path : path.removingLastComponent()
        let kernel = try DiskFile("the Linux kernel", at: directory.appending("vmlinuz"), isDisk: false, remedy: remedy)
        let initrd = try DiskFile("the Linux kernel's initrd", at: directory.appending("initrd"), isDisk: false, remedy: remedy)
        let manifest = try? Data(contentsOf: URL(filePath: directory.appending("manifest.json").string))
        let words = manifest.flatMap { try? JSONDecoder().decode(Manifest.self, from: $0).kernelCommandLine } ?? Self.words
        return .kernel(kernel.path, initrd: initrd.path, words: [words, extra].compactMap { $0 }.joined(separator: " "))
    }

    private static func isDirectory(_ path: FilePath) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
