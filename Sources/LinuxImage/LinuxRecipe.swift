import Diagnostics
package import DiskImage
import HostSupport
package import SystemPackage

/// What the Linux image is made of: everything that its bytes depend on, except the mirror's packages.
package struct LinuxRecipe: Equatable, Sendable {
    package enum Kernel: String, CaseIterable, Sendable {
        /// All of Debian's drivers, of which the image contains those for machines that run virtual machines.
        case standard
        /// Smaller and faster to start, but without AHCI, e1000e and most physical hardware.
        case cloud

        /// Debian's package that depends on the newest one.
        var package: String { self == .standard ? "linux-image-amd64" : "linux-image-cloud-amd64" }
    }

    /// A file of the user and its place in the image, where it replaces what is there.
    package struct Addition: Equatable, Sendable {
        package var source: FilePath
        /// Absolute.
        package var destination: FilePath

        package init(_ source: FilePath, to destination: FilePath) {
            self.source = source
            self.destination = destination
        }

        /// Directories on which the running image mounts other file systems.
        private static let mounted: Set<String> = ["proc", "sys", "dev", "run", "tmp", "var"]
        /// Links in the image to those directories.
        private static let links: Set<FilePath> = ["/etc/macos-virt", "/etc/dropbear", "/etc/resolv.conf", "/etc/mtab"]

        /// - Throws: `usage` for a place where the running image would not see the file.
        func check() throws(OperationError) {
            let place = destination.lexicallyNormalized()
            let first = place.components.first?.string ?? ""
            guard place.isAbsolute, !first.isEmpty, !Self.mounted.contains(first), !Self.links.contains(where: place.starts(with:)) else {
                throw OperationError(
                    "add", "\(source):\(destination)", cause: "another file system is mounted there when the image runs",
                    remedy: "choose a path outside /\(Self.mounted.sorted().joined(separator: ", /")), or add a boot.toml with --config",
                    exit: .usage)
            }
        }
    }

    package var kernel: Kernel = .standard
    /// The static `boot`.
    package var boot: FilePath
    /// The OpenCore disk, for /macos/bootloader.img.
    package var opencore: FilePath?
    /// Public keys that can log in as root by ssh; nil for no ssh server.
    package var sshKeys: FilePath?
    /// A root shell on the console.
    package var console = false
    /// A boot.toml for the image.
    package var configuration: FilePath?
    /// Additional words for the kernel command line.
    package var kernelArguments = ""
    package var additions: [Addition] = []
    package var formats: [ImageFormat] = [.raw]

    package init(boot: FilePath) { self.boot = boot }

    /// Debian packages whose files the image contains, with their dependencies. The kernel is separate.
    var packages: [String] {
        ["qemu-system-x86", "ovmf", "seabios", "dnsmasq-base", "busybox-static"] + (sshKeys == nil ? [] : ["dropbear-bin"])
    }

    /// Without their dependencies: only their files are used.
    var lonePackages: [String] { ["grub-pc-bin", "grub-efi-amd64-bin", "util-linux", "dosfstools"] }
}
