package import AppleInstaller
package import BootSettings
package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
package import LinuxVM
import QemuArgs
package import SystemPackage

/// The installer disk, and which macOS it installs.
package struct InstallSource: Sendable {
    package var disk: DiskFile
    /// Bytes of the file.
    package var size: Int
    package var identity: MacOSIdentity
    package var release: MacOSRelease

    /// - Throws: `noInput`; `dataError` when the disk is not what the manifest beside it says; `unavailable` for a release without support.
    package init(_ path: FilePath) throws(OperationError) {
        disk = try DiskFile("the installer disk", at: path, remedy: "make it with `macos-virt mkinstaller`")
        guard disk.format == .raw else {
            throw OperationError(
                "read", path.string, cause: "it is a qcow2 image", remedy: "convert it: qemu-img convert -O raw \(path) RAW",
                exit: .dataError)
        }
        let source = try FileSource.input(disk.path)
        size = source.size
        let promised = try ImageManifest.promised(beside: disk.path)
        let found = try Self.found(source, disk.path)
        if let promised {
            try found.require(.build(promised.version, promised.build), in: path.string)
        }
        identity = found
        guard let release = MacOSRelease(rawValue: found.version.release) else {
            throw OperationError(
                "install", "macOS \(found.version)", cause: "`boot` starts macOS 10.15 to 26",
                remedy: "make an installer of one of these: macos-virt mkinstaller list", exit: .unavailable)
        }
        self.release = release
    }

    /// By the recovery on the disk itself.
    private static func found(_ source: FileSource, _ path: FilePath) throws(OperationError) -> MacOSIdentity {
        let volume: AppleVolume
        do throws(FormatError) {
            volume = try AppleVolume(on: source)
        } catch {
            throw error.operationError("read", path.string, remedy: "make it with `macos-virt mkinstaller`")
        }
        return try RecoveryImage.identity(of: source, volume, name: path.string)
    }
}
