package import NetworkValues
package import QemuArgs

/// What the user wants; every value has a default that works on a freshly started machine.
///
/// Merged by `ConfigurationLoader`: defaults < TOML file < kernel command line < environment < flags.
/// The keys, their texts and their parsers are in `ConfigurationKey`; nothing else knows their names.
package struct Configuration: Codable, Equatable, Sendable {
    package var guest = Guest()
    package var disk = Disk()
    package var firmware = Firmware()
    package var network = Network()
    package var display = Display()
    package var qemu = Qemu()
    package var state = State()

    package struct Guest: Codable, Equatable, Sendable {
        /// guest.macos: which release's rules apply.
        package var macOS = MacOSRelease.newest
        /// guest.vcpus: nil counts them (auto).
        package var vcpus: Int?
        /// guest.memory, bytes: nil computes it (auto).
        package var memory: Int?
        /// guest.accel
        package var accelerator = Accelerator.kvm
        /// guest.hugepages
        package var hugepages = Hugepages.auto
        /// guest.cpu: a QEMU CPU model; nil chooses one.
        package var cpuModel: String?
        /// guest.mac: nil derives it from the machine's identity.
        package var mac: MACAddress?
        /// guest.uuid, lower case with dashes: nil derives it from the machine's identity.
        package var uuid: String?
        /// guest.osk_file: the key of QEMU's SMC; nil leaves the SMC to VirtualSMC.
        package var oskFile: String?
    }
    package enum Hugepages: String, Codable, Sendable, CaseIterable { case auto, on, off }

    package struct Disk: Codable, Equatable, Sendable {
        /// disk.device: a path, `serial:S` or `label:L` (a GPT partition name); nil is /dev/sdb, or else the only Apple disk.
        package var device: DiskSelector?
        /// disk.wait, seconds.
        package var wait = 15
        /// disk.minimum, bytes: a smaller disk cannot be what was meant.
        package var minimum = 32 << 20
        /// disk.aio: nil takes the best that the kernel and QEMU have.
        package var aio: DiskIO?
    }

    package struct Firmware: Codable, Equatable, Sendable {
        /// firmware.type
        package var type = FirmwareType.uefi
        /// firmware.bootloader: the OpenCore disk; nil is /macos/bootloader.img when it exists.
        package var bootloader: String?
        /// firmware.code and firmware.variables: nil finds an OVMF pair.
        package var code: String?
        package var variables: String?
    }
    package enum FirmwareType: String, Codable, Sendable, CaseIterable { case uefi, bios }

    package struct Network: Codable, Equatable, Sendable {
        /// network.uplink: nil follows the routing table.
        package var uplink: InterfaceName?
        /// network.wait, seconds: how long a default route may take to appear.
        package var wait = 30
        /// network.tap
        package var tap: InterfaceName
        /// network.subnet: nil is 192.168.254.0/24, moved aside when it overlaps a route.
        package var subnet: IPv4Network?
        /// network.forwards
        package var forwards: [PortForward]
        /// network.mtu: nil takes the uplink's.
        package var mtu: Int?
        /// network.ipv6
        package var ipv6 = IPv6.auto
        /// network.nic: nil by the macOS release.
        package var nic: NICModel?
        /// network.allow_host: the guest may reach L1's own services.
        package var allowHost = false
        /// network.allow_metadata: the guest may reach 169.254.169.254.
        package var allowMetadata = false

        package init() {
            tap = .tap0
            forwards = PortForward.defaults
        }
    }
    package enum IPv6: String, Codable, Sendable, CaseIterable { case auto, on, off }

    package struct Display: Codable, Equatable, Sendable {
        /// display.vnc: `off`, `unix:PATH` or `ADDRESS:DISPLAY`. An address other than loopback needs a password file.
        package var vnc = QemuArgs.Display.VNC.tcp(host: "127.0.0.1", display: 0)
        /// display.vnc_password_file: a file with the password, at most 8 bytes are used by the protocol.
        package var vncPasswordFile: String?
    }

    package struct Qemu: Codable, Equatable, Sendable {
        /// qemu.binary: nil searches PATH's usual directories for qemu-system-x86_64.
        package var binary: String?
        /// qemu.machine: nil is the newest pc-q35-X.Y of the list that was tried with macOS and that the binary has.
        package var machine: String?
        /// qemu.user: `auto`, `root`, a name of /etc/passwd, or UID:GID.
        package var user = "auto"
        /// qemu.sandbox
        package var sandbox = true
        /// qemu.serial: `stdio`, `none`, or `file:PATH`.
        package var serial = Serial.stdio
        /// qemu.qmp: the control socket; `none` for no socket.
        package var qmp: String? = "/run/macos-virt/guest/qmp.sock"
        /// qemu.extra: further arguments, appended as they are.
        package var extra: [String] = []
    }

    package struct State: Codable, Equatable, Sendable {
        /// state.run: journal, lock, sockets, dnsmasq's files; emptied by a reboot.
        package var run = "/run/macos-virt"
        /// state.nvram: the guest's UEFI variables, copied from the firmware's template once.
        package var nvram = "/var/lib/macos-virt/nvram.fd"
    }
}
