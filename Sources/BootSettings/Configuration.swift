package import Lifecycle
package import NetworkValues
package import QemuArgs

/// What the user asks for. Every value has a default that works on a freshly started machine.
///
/// `ConfigurationLoader` merges it: defaults < TOML file < kernel command line < environment < flags.
/// `ConfigurationKey` has the name, the text form and the help of every key.
package struct Configuration: Codable, Equatable, Sendable {
    package var guest = Guest()
    package var disk = Disk()
    package var firmware = Firmware()
    package var network = Network()
    package var display = Display()
    package var qemu = Qemu()
    package var state = State()
    package var status = Status()

    package init() {}

    package struct Guest: Codable, Equatable, Sendable {
        /// guest.macos: the release that the guest runs.
        package var macOS = MacOSRelease.newest
        /// guest.vcpus: nil (auto) computes it from the CPUs of the machine.
        package var vcpus: Int?
        /// guest.memory, bytes: nil (auto) computes it from the memory of the machine.
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
        /// guest.identity: a text from which MAC address and UUID are derived in place of the machine's identity.
        package var identity: String?
        /// guest.paravirtual_locks: vCPUs that wait for a lock sleep; Intel only.
        package var paravirtualLocks = false
        /// guest.osk_file: the key of QEMU's SMC; nil leaves the SMC to VirtualSMC on the OpenCore disk.
        package var oskFile: String?
        /// guest.seed: a directory with user-data, or a disk with the label cidata, from which the guest learns its name and accounts.
        package var seed: String?
        /// guest.supervise: `boot` stays QEMU's parent in place of becoming QEMU.
        package var supervise = false
        /// guest.on_poweroff: with supervision, what follows when the guest has powered itself off.
        package var afterPowerOff = LifecyclePolicy.AfterPowerOff.exit
        /// guest.on_crash: with supervision, what follows a panic and a QEMU that fails.
        package var afterCrash = LifecyclePolicy.AfterCrash.restart
        /// guest.stop_timeout, seconds: with supervision, how long the guest may take to shut down.
        package var stopTimeout = Int(LifecyclePolicy.defaultStopTimeout.components.seconds)
        /// guest.ready_port: with supervision, the TCP port of the guest that answers when it is ready; 0 for none.
        package var readyPort = 22
        /// guest.pin_vcpus: with supervision, a CPU of its own for each vCPU.
        package var pinVCPUs = false
    }
    package enum Hugepages: String, Codable, Sendable, CaseIterable { case auto, on, off }

    package struct Disk: Codable, Equatable, Sendable {
        /// disk.device: a path, `serial:S` or `label:L` (a GPT partition name); nil takes /dev/sdb, or else the only disk with Apple partitions.
        package var device: DiskSelector?
        /// disk.wait, seconds.
        package var wait = 15
        /// disk.minimum, bytes: a smaller disk is refused.
        package var minimum = 32 << 20
        /// disk.overwrite: a disk that holds other data may be used when disk.device names it.
        package var overwrite = false
        /// disk.aio: nil takes the best that the kernel and QEMU have.
        package var aio: DiskIO?
        /// disk.detect_zeroes: blocks of zeroes become holes.
        package var detectZeroes = false
        /// disk.installer: an installer or recovery disk for the guest, a device or an image; nil for none.
        package var installer: String?
    }

    package struct Firmware: Codable, Equatable, Sendable {
        /// firmware.type
        package var type = FirmwareType.uefi
        /// firmware.bootloader: the OpenCore disk; nil takes /macos/bootloader.img if it exists.
        package var bootloader: String?
        /// firmware.code and firmware.variables: nil searches for an OVMF pair.
        package var code: String?
        package var variables: String?
    }
    package enum FirmwareType: String, Codable, Sendable, CaseIterable { case uefi, bios }

    package struct Network: Codable, Equatable, Sendable {
        /// network.uplink: nil takes the interface of the default route.
        package var uplink: InterfaceName?
        /// network.wait, seconds: how long to wait for a default route.
        package var wait = 30
        /// network.tap
        package var tap: InterfaceName
        /// network.subnet: nil takes 192.168.254.0/24, or another private network if a route overlaps it.
        package var subnet: IPv4Network?
        /// network.forwards
        package var forwards: [PortForward]
        /// network.mtu: nil takes the uplink's.
        package var mtu: Int?
        /// network.ipv6
        package var ipv6 = IPv6.auto
        /// network.nic: nil by the macOS release.
        package var nic: NICModel?
        /// network.queues: of a virtio-net card with KVM.
        package var queues = 1
        /// network.allow_host: whether the guest may reach services of this machine.
        package var allowHost = false
        /// network.allow_metadata: whether the guest may reach the metadata service of the cloud.
        package var allowMetadata = false

        package init() {
            tap = .tap0
            forwards = PortForward.defaults
        }
    }
    package enum IPv6: String, Codable, Sendable, CaseIterable { case auto, on, off }

    package struct Display: Codable, Equatable, Sendable {
        /// display.vnc: `off`, `unix:PATH` or `ADDRESS:DISPLAY`. An address other than loopback requires a password file.
        package var vnc = QemuArgs.Display.VNC.tcp(host: "127.0.0.1", display: 0)
        /// display.vnc_password_file: the password is the content of the file. The protocol uses the first 8 bytes.
        package var vncPasswordFile: String?
    }

    package struct Qemu: Codable, Equatable, Sendable {
        /// qemu.binary: nil searches the usual directories of PATH for qemu-system-x86_64.
        package var binary: String?
        /// qemu.machine: nil takes the first machine of the tested list that the binary has.
        package var machine: String?
        /// qemu.user: `auto`, `root`, a name of /etc/passwd, or UID:GID.
        package var user = "auto"
        /// qemu.sandbox
        package var sandbox = true
        /// qemu.serial: `stdio`, `none`, or `file:PATH`.
        package var serial = Serial.stdio
        /// qemu.qmp: the control socket; `none` for no socket.
        package var qmp: String? = "/run/macos-virt/guest/qmp.sock"
        /// Where `boot` itself reaches QEMU; nil where there is no control socket.
        ///
        /// Beside qemu.qmp and not the same: QEMU serves one client of a socket at a time, and another program may stay connected.
        package var control: String? {
            qmp.map { path in (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/") + "control.sock" }
        }
        /// qemu.extra: further arguments, appended unchanged.
        package var extra: [String] = []
    }

    package struct State: Codable, Equatable, Sendable {
        /// state.run: journal, lock, sockets and files of dnsmasq. A reboot empties it.
        package var run = "/run/macos-virt"
        /// Where a supervising `boot` listens for `boot stop`, `boot status` and `boot log`.
        package var supervisor: String { run + "/boot.sock" }
        /// state.nvram: the UEFI variables of the guest, created once from the template of the firmware.
        package var nvram = "/var/lib/macos-virt/nvram.fd"
        /// What a guest keeps from one start to the next: the directory of state.nvram.
        package var kept: String { nvram.lastIndex(of: "/").map { String(nvram[..<$0]) } ?? "" }
        /// The text from which the guest's MAC address and UUID are derived.
        package var identity: String { kept + "/identity.json" }
        /// How the last supervised guest was stopped.
        package var lastStop: String { kept + "/last-stop.json" }
    }
}

extension Configuration {
    package struct Status: Codable, Equatable, Sendable {
        /// status.listen: where a supervising `boot` serves its status and its metrics by HTTP; nil for nowhere.
        package var listen: ListenAddress?
        /// status.browser: whether status.listen also has a page with the guest's screen.
        package var browser = false
        /// status.novnc: the directory of noVNC's scripts.
        package var noVNC = "/usr/share/novnc"
    }
}

/// How the configuration names a disk.
package enum DiskSelector: Hashable, Sendable, TextCodable {
    /// An absolute path of the device, or of a symbolic link to it.
    case path(String)
    case serial(String)
    /// The name of a GPT partition on the disk.
    case label(String)

    package init?(_ text: String) {
        if let serial = text.after("serial:") {
            guard !serial.isEmpty else { return nil }
            self = .serial(serial)
        } else if let label = text.after("label:") {
            // UEFI 2.10, table 5.6: a partition's name is 36 UTF-16 units.
            guard (1...36).contains(label.utf16.count) else { return nil }
            self = .label(label)
        } else {
            guard AbsolutePath.accepts(text) else { return nil }
            self = .path(text)
        }
    }

    package var description: String {
        switch self {
        case .path(let path): path
        case .serial(let serial): "serial:" + serial
        case .label(let label): "label:" + label
        }
    }

    package static var expected: String { "an absolute path, serial:S or label:L" }
}
