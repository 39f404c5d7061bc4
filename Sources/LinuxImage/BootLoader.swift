import Diagnostics
import DiskImage
import Foundation
import HostSupport
import SystemPackage

/// GRUB, once for UEFI and once for BIOS, with one configuration for both.
struct BootLoader {
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

    /// Built in. The prefix is on the disk that the firmware has started, never on another that looks like it: the guest's disk is
    /// the guest's to write.
    private static let embedded = "configfile $prefix/grub.cfg\n"

    private static let modules = ["part_gpt", "fat", "configfile", "normal", "linux", "echo", "test", "minicmd"]

    /// BOOTX64.EFI and the core image for BIOS.
    func images(_ tree: PackageTree, scratch: FilePath) async throws(OperationError) -> (uefi: FilePath, bios: FilePath) {
        let configuration = scratch.appending("embedded.cfg")
        do {
            try Self.embedded.write(toFile: configuration.string, atomically: true, encoding: .utf8)
        } catch {
            throw OperationError("write", configuration.string, cause: error.localizedDescription, exit: .cantCreate)
        }
        return (
            // GRUB puts in the device that the firmware loaded it from: the partition by UEFI, the disk by BIOS.
            try await image("x86_64-efi", "/macos-virt", ["efi_gop"], tree, configuration, scratch.appending("bootx64.efi")),
            try await image("i386-pc", "(,gpt2)/macos-virt", ["biosdisk"], tree, configuration, scratch.appending("core.img"))
        )
    }

    private func image(
        _ format: String, _ prefix: String, _ modules: [String], _ tree: PackageTree, _ configuration: FilePath, _ result: FilePath
    ) async throws(OperationError) -> FilePath {
        try await Tool("grub-mkimage", from: "grub-common").run(
            [
                "--format=\(format)", "--directory=\(try tree.file("/usr/lib/grub/" + format))", "--output=\(result)",
                "--config=\(configuration)", "--prefix=\(prefix)",
            ] + Self.modules + modules)
        return result
    }
}
