import Diagnostics
import DiskImage
import Foundation
import HostSupport
import SystemPackage

/// GRUB for UEFI and for BIOS, with one configuration for both.
struct BootLoader {
    let commandLine: String

    /// On the EFI system partition, where users can edit it.
    static let configurationPath = "macos-virt/grub.cfg"

    var configuration: String {
        """
        # How the Linux image starts. Add words to the kernel command line in the next line, for example
        # set words="boot.guest.memory=8G boot.network.forwards=tcp:2222:22"
        set words=""
        linux /macos-virt/vmlinuz \(commandLine) $words
        initrd /macos-virt/initrd
        boot

        """
    }

    /// Built into GRUB. The prefix is on the disk that the firmware has started, and never found by a search: the guest can write
    /// anything to its own disk.
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
            // GRUB adds the device that the firmware loaded it from: the partition with UEFI, the disk with BIOS.
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

/// The image's kernel command line, with the reason for each word.
package enum LinuxCommandLine {
    /// - Parameter more: words for one way to boot it.
    package static func words(_ recipe: LinuxRecipe, more: [String] = []) -> String {
        let words = [
            // Both, because clouds show one or the other. `boot` writes to the last one that exists.
            "console=tty0", "console=ttyS0,115200",
            // `boot` reports progress; of the kernel's messages, only warnings and errors appear.
            "quiet", "loglevel=4",
            // After a panic, an unattended machine restarts.
            "panic=10",
            // The driver of a controller waits for its disks, so that their names follow the order of their ports.
            "scsi_mod.scan=sync",
            // The kernel tests each cipher at start, which takes a tenth of the time or more. Nothing is encrypted here.
            "cryptomgr.notests",
            // Slots of 2 KiB for devices that reach only the lowest 4 GiB: 16 MiB instead of 64, which leaves more for macOS. Such
            // devices, an emulated e1000 or IDE controller, have a few MiB in flight.
            "swiotlb=8192",
        ]
        return (words + more + (recipe.kernelArguments.isEmpty ? [] : [recipe.kernelArguments])).joined(separator: " ")
    }
}
