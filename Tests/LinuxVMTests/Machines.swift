import QemuArgs
import SystemPackage

@testable import LinuxVM

/// The machines of the goldens, by name.
enum Machines {
    static let all: [String: LinuxMachine] = [
        "kvm-uefi-scsi": kvm, "emulation-bios-ahci": ahci, "emulation-uefi-nvme": nvme, "direct": direct, "awkward": awkward,
    ]

    static let usual = PortMap([
        .init(here: 40001, there: 5900), .init(here: 10022, there: 10022), .init(here: 15900, there: 15900),
    ])

    private static let kvm = LinuxMachine(
        accelerator: .kvm, vcpus: 8, memoryMiB: 24576,
        firmware: .uefi(code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/run/x/variables.fd"),
        linux: .disk(DiskFile(path: "/images/linux.img", format: .raw)), bus: .virtioSCSI,
        macOS: DiskFile(path: "/images/macos.qcow2", format: .qcow2), openCore: DiskFile(path: "/images/opencore.img", format: .raw),
        configuration: "/run/x/configuration.img", ports: usual, uuid: "b0075e1f-0000-8000-8000-6d61636f7376", control: "/run/x/qmp.sock")

    private static let ahci: LinuxMachine = {
        var machine = kvm
        (machine.accelerator, machine.vcpus, machine.memoryMiB) = (.emulation, 1, 6656)
        (machine.firmware, machine.bus, machine.openCore) = (.bios, .ahci, nil)
        return machine
    }()

    private static let nvme: LinuxMachine = {
        var machine = ahci
        (machine.firmware, machine.bus, machine.snapshot) = (kvm.firmware, .nvme, true)
        return machine
    }()

    private static let direct: LinuxMachine = {
        var machine = ahci
        machine.linux = .kernel("/images/vmlinuz", initrd: "/images/initrd", words: LinuxStart.words + " quiet")
        return machine
    }()

    /// Commas, equals signs and blanks wherever a user can write them.
    private static let awkward: LinuxMachine = {
        var machine = nvme
        machine.linux = .kernel("/a,b/vm linuz", initrd: "/a,b/init=rd", words: "x=1,2 \"y z\"")
        machine.macOS = DiskFile(path: "/a,b/mac,os=1 .img", format: .raw)
        machine.openCore = DiskFile(path: "/a,b/open,,core", format: .raw)
        machine.configuration = "/a,b/configuration.img"
        machine.control = "/a,b/qmp.sock"
        machine.firmware = .uefi(code: "/a,b/code.fd", variables: "/a,b/variables.fd")
        return machine
    }()
}
