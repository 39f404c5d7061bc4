import Diagnostics
package import DiskImage
import HostSupport
package import SystemPackage

/// What the Linux image is made of: all that its bytes depend on, beside the packages that the mirror offers.
package struct LinuxRecipe: Equatable, Sendable {
    package enum Kernel: String, CaseIterable, Sendable {
        /// Every driver that Debian has, of which the image takes those for machines that run virtual machines.
        case standard
        /// Starts faster and is smaller, without AHCI, e1000e and most real hardware.
        case cloud

        /// Debian's package that depends on the newest of them.
        var package: String { self == .standard ? "linux-image-amd64" : "linux-image-cloud-amd64" }
    }

    /// A file of the user's and where it goes, over what the image has there.
    package struct Addition: Equatable, Sendable {
        package var source: FilePath
        /// Absolute.
        package var destination: FilePath

        package init(_ source: FilePath, to destination: FilePath) {
            self.source = source
            self.destination = destination
        }

        /// Directories that are memory, or the kernel's, when the image runs.
        private static let mounted: Set<String> = ["proc", "sys", "dev", "run", "tmp", "var"]
        /// Links of the image's into those.
        private static let links: Set<FilePath> = ["/etc/macos-virt", "/etc/dropbear", "/etc/resolv.conf", "/etc/mtab"]

        /// - Throws: `usage` when what is put there would not be seen.
        func check() throws(OperationError) {
            let place = destination.lexicallyNormalized()
            let first = place.components.first?.string ?? ""
            guard place.isAbsolute, !first.isEmpty, !Self.mounted.contains(first), !Self.links.contains(where: place.starts(with:)) else {
                throw OperationError(
                    "add", "\(source):\(destination)", cause: "what is there in a running image is not the image's",
                    remedy: "choose a path outside of /\(Self.mounted.sorted().joined(separator: ", /")); a boot.toml goes in by --config",
                    exit: .usage)
            }
        }
    }

    package var kernel: Kernel = .standard
    /// The static `boot`.
    package var boot: FilePath
    /// The OpenCore disk, put at /macos/bootloader.img.
    package var opencore: FilePath?
    /// Public keys that may log in as root by ssh; nil for no ssh server.
    package var sshKeys: FilePath?
    /// A root shell on the console.
    package var console = false
    /// boot.toml inside the image.
    package var configuration: FilePath?
    /// Further words of the kernel command line.
    package var kernelArguments = ""
    package var additions: [Addition] = []
    package var formats: [ImageFormat] = [.raw]

    package init(boot: FilePath) { self.boot = boot }

    /// Debian's packages that files are taken from, beside the kernel's and what they depend on.
    var packages: [String] {
        ["qemu-system-x86", "ovmf", "seabios", "dnsmasq-base", "busybox-static"] + (sshKeys == nil ? [] : ["dropbear-bin"])
    }

    /// Taken without what they depend on: only their files are of use.
    var lonePackages: [String] { ["grub-pc-bin", "grub-efi-amd64-bin", "util-linux"] }
}
