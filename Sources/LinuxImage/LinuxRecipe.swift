public import DiskImage
import HostSupport
public import SystemPackage

/// What the Linux image is made of: all that its bytes depend on, beside the packages that the mirror offers.
public struct LinuxRecipe: Equatable, Sendable {
    public enum Kernel: String, CaseIterable, Sendable {
        /// Every driver that Debian has, of which the image takes those for machines that run virtual machines.
        case standard
        /// Starts faster and is smaller, without AHCI, e1000e and most real hardware.
        case cloud

        /// Debian's package that depends on the newest of them.
        var package: String { self == .standard ? "linux-image-amd64" : "linux-image-cloud-amd64" }
    }

    /// A file of the user's and where it goes, over what the image has there.
    public struct Addition: Equatable, Sendable {
        public var source: FilePath
        /// Absolute.
        public var destination: FilePath

        public init(_ source: FilePath, to destination: FilePath) {
            self.source = source
            self.destination = destination
        }
    }

    public var kernel: Kernel = .standard
    /// The static `boot`.
    public var boot: FilePath
    /// The OpenCore disk, put at /macos/bootloader.img.
    public var opencore: FilePath?
    /// Public keys that may log in as root by ssh; nil for no ssh server.
    public var sshKeys: FilePath?
    /// A root shell on the console.
    public var console = false
    /// boot.toml inside the image.
    public var configuration: FilePath?
    /// Further words of the kernel command line.
    public var kernelArguments = ""
    public var additions: [Addition] = []
    public var formats: [ImageFormat] = [.raw]

    public init(boot: FilePath) { self.boot = boot }

    /// Debian's packages that files are taken from, beside the kernel's and what they depend on.
    var packages: [String] {
        ["qemu-system-x86", "ovmf", "seabios", "dnsmasq-base", "busybox-static"] + (sshKeys == nil ? [] : ["dropbear-bin"])
    }

    /// Taken without what they depend on: only their files are of use.
    var lonePackages: [String] { ["grub-pc-bin", "grub-efi-amd64-bin"] }
}
