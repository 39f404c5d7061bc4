import ConfigurationText
import NetSetup

/// What the user wants; every value has a default that works on a freshly started machine.
///
/// Merged by `ConfigurationLoader`: defaults < TOML file < kernel command line < environment < flags.
/// The keys, their texts and their parsers are in `ConfigurationKey`; nothing else knows their names.
struct Configuration: Codable, Equatable, Sendable {
    var guest = Guest()
    var disk = Disk()
    var firmware = Firmware()
    var network = Network()
    var display = Display()
    var qemu = Qemu()
    var state = State()

    struct Guest: Codable, Equatable, Sendable {
        /// guest.macos: which release's rules apply.
        var macOS = MacOSRelease.newest
        /// guest.vcpus: nil counts them (auto).
        var vcpus: Int?
        /// guest.memory, bytes: nil computes it (auto).
        var memory: Int?
        /// guest.accel
        var accelerator = Accelerator.kvm
        /// guest.hugepages
        var hugepages = Hugepages.auto
        /// guest.cpu: a QEMU CPU model; nil chooses one.
        var cpuModel: String?
        /// guest.mac: nil derives it from the machine's identity.
        var mac: MACAddress?
        /// guest.uuid, lower case with dashes: nil derives it from the machine's identity.
        var uuid: String?
        /// guest.osk_file: the key of QEMU's SMC; nil leaves the SMC to VirtualSMC.
        var oskFile: String?
    }
    enum Accelerator: String, Codable, Sendable, CaseIterable { case kvm, tcg }
    enum Hugepages: String, Codable, Sendable, CaseIterable { case auto, on, off }

    struct Disk: Codable, Equatable, Sendable {
        /// disk.device: a path, `serial:S` or `label:L` (a GPT partition name); nil is /dev/sdb, or else the only Apple disk.
        var device: DiskSelector?
        /// disk.wait, seconds.
        var wait = 15
        /// disk.minimum, bytes: a smaller disk cannot be what was meant.
        var minimum = 32 << 20
        /// disk.aio
        var aio = AIO.auto
    }
    enum AIO: String, Codable, Sendable, CaseIterable {
        case auto, native, threads
        case ioUring = "io_uring"
    }

    struct Firmware: Codable, Equatable, Sendable {
        /// firmware.type
        var type = FirmwareType.uefi
        /// firmware.bootloader: the OpenCore disk; nil is /macos/bootloader.img when it exists.
        var bootloader: String?
        /// firmware.code and firmware.variables: nil finds an OVMF pair.
        var code: String?
        var variables: String?
    }
    enum FirmwareType: String, Codable, Sendable, CaseIterable { case uefi, bios }

    struct Network: Codable, Equatable, Sendable {
        /// network.uplink: nil follows the routing table.
        var uplink: InterfaceName?
        /// network.wait, seconds: how long a default route may take to appear.
        var wait = 30
        /// network.tap
        var tap: InterfaceName
        /// network.subnet: nil is 192.168.254.0/24, moved aside when it overlaps a route.
        var subnet: IPv4Network?
        /// network.forwards
        var forwards: [PortForward]
        /// network.mtu: nil takes the uplink's.
        var mtu: Int?
        /// network.ipv6
        var ipv6 = IPv6.auto
        /// network.nic: nil by the macOS release.
        var nic: NICModel?
        /// network.allow_host: the guest may reach L1's own services.
        var allowHost = false
        /// network.allow_metadata: the guest may reach 169.254.169.254.
        var allowMetadata = false

        init() {
            tap = .tap0
            forwards = PortForward.defaults
        }
    }
    enum IPv6: String, Codable, Sendable, CaseIterable { case auto, on, off }
    enum NICModel: String, Codable, Sendable, CaseIterable {
        case virtio = "virtio-net"
        case vmxnet3
        case e1000 = "e1000-82545em"
    }

    struct Display: Codable, Equatable, Sendable {
        /// display.vnc: `off`, `unix:PATH` or `ADDRESS:DISPLAY`. An address other than loopback needs a password file.
        var vnc = VNCAddress.tcp(host: "127.0.0.1", display: 0)
        /// display.vnc_password_file: a file with the password, at most 8 bytes are used by the protocol.
        var vncPasswordFile: String?
    }
    /// Written as one word: see VNCAddress.swift.
    enum VNCAddress: Hashable, Sendable {
        case off
        case unix(String)
        /// An IP address without brackets, or `localhost`; port 5900 + display.
        case tcp(host: String, display: Int)
    }

    struct Qemu: Codable, Equatable, Sendable {
        /// qemu.binary: nil searches PATH's usual directories for qemu-system-x86_64.
        var binary: String?
        /// qemu.machine: nil is the newest pc-q35-X.Y of the list that was tried with macOS and that the binary has.
        var machine: String?
        /// qemu.user: `auto`, `root`, a name of /etc/passwd, or UID:GID.
        var user = "auto"
        /// qemu.sandbox
        var sandbox = true
        /// qemu.serial: `stdio`, `none`, or `file:PATH`.
        var serial = Serial.stdio
        /// qemu.qmp: the control socket; `none` for no socket.
        var qmp: String? = "/run/macos-virt/guest/qmp.sock"
        /// qemu.extra: further arguments, appended as they are.
        var extra: [String] = []
    }
    /// Written as one word: see Serial.swift.
    enum Serial: Hashable, Sendable {
        case stdio, none
        case file(String)
    }

    struct State: Codable, Equatable, Sendable {
        /// state.run: journal, lock, sockets, dnsmasq's files; emptied by a reboot.
        var run = "/run/macos-virt"
        /// state.nvram: the guest's UEFI variables, copied from the firmware's template once.
        var nvram = "/var/lib/macos-virt/nvram.fd"
    }
}
