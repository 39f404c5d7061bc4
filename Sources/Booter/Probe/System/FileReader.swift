import BootSettings
import LinuxSupport

/// The files, device nodes and users that a plan refers to.
struct FileReader {
    let root: FileRoot
    let configuration: Configuration
    /// Absolute paths of device nodes.
    let nodes: [String]

    /// Accounts that distributions make for QEMU, and the usual unprivileged ones.
    static let accounts: Set<String> = ["macos-virt", "qemu", "libvirt-qemu", "kvm", "nobody", "root", "dnsmasq"]
    private static let dnsmasq = ["/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/usr/local/sbin/dnsmasq", "/sbin/dnsmasq"]
    private static let bootloader = "/macos/bootloader.img"

    func facts() -> FileFacts {
        FileFacts(
            bootloader: root.fact(configuration.firmware.bootloader ?? Self.bootloader),
            firmware: FirmwareFinder(root: root, code: configuration.firmware.code, variables: configuration.firmware.variables).pairs(),
            dnsmasq: Self.dnsmasq.first { root.exists($0) }, nodes: nodes.filter { root.exists($0) },
            users: (try? root.text("/etc/passwd")).map {
                UserTable.parse($0, names: Self.accounts.union([configuration.qemu.user]))
            } ?? [:])
    }
}
