import DiskImage
import Foundation
import HostSupport
import SystemPackage

/// GRUB, once for UEFI and once for BIOS, with one configuration for both.
struct BootLoader {
    /// Where GRUB finds its configuration: the FAT volume with this serial number.
    let volume: UInt32
    let commandLine: String

    /// On the volume; people edit it.
    static let configurationPath = "macos-virt/grub.cfg"

    var configuration: String {
        """
        # How the Linux image starts. What is added to the next line is added to the kernel command line, as in
        # set words="boot.guest.memory=8G boot.network.forwards=tcp:2222:22"
        set words=""
        linux /macos-virt/vmlinuz \(commandLine) $words
        initrd /macos-virt/initrd
        boot

        """
    }

    /// Built in: find the volume, read the file.
    private var embedded: String {
        let name = String(volume, radix: 16, uppercase: true)
        let serial = String(repeating: "0", count: 8 - name.count) + name
        return "search.fs_uuid \(serial.prefix(4))-\(serial.suffix(4)) root\nconfigfile ($root)/\(Self.configurationPath)\n"
    }

    private static let modules = ["part_gpt", "fat", "search_fs_uuid", "configfile", "normal", "linux", "echo", "test", "minicmd"]

    /// BOOTX64.EFI and the core image for BIOS.
    func images(_ tree: PackageTree, scratch: FilePath) async throws(HostError) -> (uefi: FilePath, bios: FilePath) {
        let configuration = scratch.appending("embedded.cfg")
        do {
            try embedded.write(toFile: configuration.string, atomically: true, encoding: .utf8)
        } catch {
            throw HostError("write", configuration.string, cause: error.localizedDescription, exit: .cantCreate)
        }
        return (
            try await image("x86_64-efi", ["efi_gop"], tree, configuration, scratch.appending("bootx64.efi")),
            try await image("i386-pc", ["biosdisk"], tree, configuration, scratch.appending("core.img"))
        )
    }

    private func image(
        _ format: String, _ modules: [String], _ tree: PackageTree, _ configuration: FilePath, _ result: FilePath
    ) async throws(HostError) -> FilePath {
        try await Tool("grub-mkimage", from: "grub-common").run(
            [
                "--format=\(format)", "--directory=\(try tree.file("/usr/lib/grub/" + format))", "--output=\(result)",
                "--config=\(configuration)", "--prefix=/macos-virt",
            ] + Self.modules + modules)
        return result
    }
}
