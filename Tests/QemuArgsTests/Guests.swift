import QemuArgs

/// Guests of which the goldens and the real QEMU get their command lines.
enum Guests {
    /// CPUID of KVM on a Skylake or later server.
    static let everything = Set(CPUFeature.allCases)
    /// KVM on a Zen 2: no PCID, and nothing of the local APIC, as KVM never lists it.
    static let zen2 = everything.subtracting([.pcid, .invpcid, .specCtrl, .tscDeadline, .x2apic])

    static func cpu(_ accelerator: Accelerator, _ vendor: MacCPU.Vendor, _ features: Set<CPUFeature>, invariant: Bool, darwin: Int) -> CPU {
        MacCPU.choose(
            MacCPU.Host(
                accelerator: accelerator, vendor: vendor, processor: XNU.Processor(family: 6, model: 0x5e), features: features,
                hasInvariantTSC: invariant, tscKHz: 2_445_404),
            darwin: darwin
        ).cpu
    }

    /// What most users get: an Intel host, OVMF, OpenCore, a tap with vhost, an unprivileged QEMU.
    static func intel() -> MacGuest {
        let firmware = Firmware.ovmf(code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/var/lib/macos-virt/nvram.fd")
        return MacGuest(
            name: "macos", uuid: "564d1b7e-0a4f-4d1c-9a55-1de5b1a2c3d4", qemu: QemuVersion(7, 2),
            machine: Machine(type: "pc-q35-7.2", accelerator: .kvm),
            cpu: cpu(.kvm, .intel, everything, invariant: true, darwin: 25),
            topology: Topology(vcpus: 6), memory: Memory(mebibytes: 14_336), firmware: firmware,
            openCoreDisk: UnwrittenDisk(.openCore, path: "/macos/bootloader.img", controller: .virtio),
            systemDisk: SystemDisk(path: "/dev/sdb", io: .ioUring, serial: "macos"),
            network: Network(netdev: .tap(descriptors: [10], vhost: [11]), model: .virtio, mac: "00:16:cb:12:34:56", mtu: 1460),
            display: Display(vnc: .tcp(host: "127.0.0.1", display: 0)),
            qmp: QMPSocket(path: "/run/macos-virt/qmp.sock"), runAs: RunAs(uid: 64_055, gid: 108, hasRunWith: false))
    }

    /// A nested AMD host whose L0 hides the invariant TSC, huge pages, four queues, a newer QEMU, a VNC password.
    static func nestedAMD() -> MacGuest {
        var guest = intel()
        guest.qemu = QemuVersion(10, 0)
        guest.machine.type = "pc-q35-8.2"
        guest.cpu = cpu(.kvm, .amd, zen2.subtracting([.invtsc]), invariant: false, darwin: 23)
        guest.topology = Topology(vcpus: 7)
        guest.memory = Memory(mebibytes: 8192, backing: .hugepages)
        guest.systemDisk.io = .native
        guest.systemDisk.detectsZeroes = true
        guest.network?.netdev = .tap(descriptors: [10, 11, 12, 13], vhost: [14, 15, 16, 17])
        guest.network?.offloads = false
        guest.display = Display(card: .vga, vnc: .tcp(host: "::", display: 1), passwordFile: "/run/macos-virt/vnc,password")
        guest.serial = .file("/var/log/macos,serial.log")
        guest.runAs?.hasRunWith = true
        return guest
    }

    /// macOS 10.15 on an old QEMU by BIOS, without AVX2, as root.
    static func catalinaBIOS() -> MacGuest {
        var guest = intel()
        guest.qemu = QemuVersion(6, 0)
        guest.machine.type = "pc-q35-6.0"
        guest.cpu = cpu(.kvm, .intel, everything.subtracting([.avx2, .bmi1, .bmi2, .fma]), invariant: true, darwin: 19)
        guest.firmware = .seaBIOS
        guest.openCoreDisk = UnwrittenDisk(.openCore, path: "/macos/bootloader.img", controller: .sata)
        guest.systemDisk.controller = .sata
        guest.network?.model = .vmxnet3
        guest.network?.netdev = .tap(descriptors: [10], vhost: [])
        guest.display.vnc = .unix("/run/macos-virt/vnc.sock")
        guest.runAs = nil
        return guest
    }

    /// Everything in software, no network, no OpenCore: OVMF starts the system disk.
    static func bare() -> MacGuest {
        var guest = intel()
        guest.machine.accelerator = .tcg
        guest.cpu = cpu(.tcg, .amd, [], invariant: false, darwin: 22)
        guest.topology = Topology(vcpus: 1)
        guest.openCoreDisk = nil
        guest.systemDisk = SystemDisk(path: "/srv/macos.img", io: .threads, direct: false, readOnly: true)
        guest.network = nil
        guest.display.vnc = .off
        guest.serial = .none
        guest.qmp = nil
        guest.runAs = nil
        guest.sandbox = false
        guest.extra = ["-device", "pvpanic", "-S"]
        return guest
    }

    /// An empty disk, and an installer behind it.
    static func installing() -> MacGuest {
        var guest = intel()
        guest.installerDisk = UnwrittenDisk(.installer, path: "/dev/vdb", controller: .virtio)
        guest.seedDisk = UnwrittenDisk(.seed, path: "/run/macos-virt/seed.iso", controller: .virtio)
        return guest
    }

    /// The same by BIOS.
    static func installingBIOS() -> MacGuest {
        var guest = catalinaBIOS()
        guest.installerDisk = UnwrittenDisk(.installer, path: "/macos/recovery.qcow2", format: .qcow2, controller: .sata)
        guest.seedDisk = UnwrittenDisk(.seed, path: "/run/macos-virt/seed.iso", controller: .sata)
        return guest
    }

    static let all: [(name: String, guest: MacGuest)] = [
        ("intel", intel()), ("nested-amd", nestedAMD()), ("catalina-bios", catalinaBIOS()), ("bare", bare()),
        ("installing", installing()), ("installing-bios", installingBIOS()),
    ]
}

extension MacCPU {
    /// Of one vCPU, unless told otherwise.
    static func choose(_ host: Host, darwin: Int, vcpus: Int = 1, model: String? = nil) -> Choice {
        choose(host, Request(darwin: darwin, vcpus: vcpus, model: model))
    }
}
