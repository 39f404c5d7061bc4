import BootSettings
import Diagnostics
import DiskFormats
import KVM
import QemuArgs

/// What macOS needs and this machine lacks, reported before it makes the guest fail.
enum Preflight {
    static func check(_ configuration: Configuration, _ facts: HostFacts, steps: [Step], prepared: Bool, _ notes: inout PlanNotes) {
        privileges(configuration, facts, steps, &notes)
        if configuration.guest.accelerator == .kvm {
            virtualization(facts, &notes)
            modules(facts, steps, &notes)
            kvm(facts, prepared: prepared, &notes)
            nestedPaging(facts, &notes)
        } else {
            notes.warn(.kvm, "guest.accel is tcg: macOS runs about ten times slower than with KVM", remedy: "leave guest.accel out")
            modules(facts, steps, &notes)
        }
        if facts.files.dnsmasq == nil {
            notes.refuse(
                .network, "dnsmasq was not found: the guest would get no address", remedy: "install dnsmasq (Debian: dnsmasq-base)",
                exit: ExitStatus.osFile)
        }
    }

    private static func privileges(_ configuration: Configuration, _ facts: HostFacts, _ steps: [Step], _ notes: inout PlanNotes) {
        guard facts.process.effectiveUser == 0 else {
            notes.refuse(
                .privileges, "boot runs as user \(facts.process.effectiveUser), not as root", remedy: "run it as root or with sudo",
                exit: ExitStatus.noPermission)
            return
        }
        var needed: [(Capability, String)] = [(.netAdmin, "tap and firewall")]
        if steps.contains(where: \.loadsModule) { needed.append((.sysModule, "loading modules")) }
        if steps.contains(where: \.createsNode) { needed.append((.mknod, "device nodes")) }
        let missing = needed.filter { !facts.process.has($0.0) }
        if missing.isEmpty {
            notes.pass(.privileges, "root, with " + needed.map(\.0.name).joined(separator: ", "))
        } else {
            let names = missing.map { "\($0.0.name) (\($0.1))" }.joined(separator: ", ")
            notes.refuse(
                .privileges, "root without \(names)", remedy: "give the container these capabilities", exit: ExitStatus.noPermission)
        }
        if !facts.process.has(.sysPtrace), configuration.nicModel == .virtio {
            notes.warn(
                .privileges,
                "without CAP_SYS_PTRACE the DHCP replies keep their checksums: the NIC's checksum offload is switched off instead",
                remedy: "give the container CAP_SYS_PTRACE for full network speed")
        }
    }

    private static func virtualization(_ facts: HostFacts, _ notes: inout PlanNotes) {
        if let flag = facts.cpu.virtualization {
            notes.pass(.cpu, "\(facts.cpu.modelName) with \(flag.rawValue)")
            return
        }
        // KVM that works without the flag is a software one, which has a finding of its own.
        if let kvm = facts.kvm, kvm.problem == nil { return }
        let remedy =
            facts.cpu.has("hypervisor")
            ? "enable nested virtualization on the host of this virtual machine (libvirt and Proxmox: CPU type host; VMware: expose hardware-assisted "
                + "virtualization; Google Cloud: --enable-nested-virtualization; Azure and AWS: an instance type that has it), or set guest.accel to tcg"
            : "enable VT-x or AMD-V in the firmware setup, or set guest.accel to tcg"
        notes.refuse(.cpu, "the CPU (\(facts.cpu.modelName)) shows neither vmx nor svm: KVM cannot work", remedy: remedy)
    }

    private static func modules(_ facts: HostFacts, _ steps: [Step], _ notes: inout PlanNotes) {
        let missing = steps.compactMap { step -> String? in
            if case .loadModule(let name, _, false) = step { name } else { nil }
        }
        guard !missing.isEmpty else {
            notes.pass(.modules, "all modules are loaded or built in")
            return
        }
        guard !facts.kernel.hasModuleDirectory else {
            notes.pass(.modules, "to be loaded: " + missing.joined(separator: ", "))
            return
        }
        let others = facts.kernel.otherModuleDirectories
        notes.refuse(
            .modules,
            "\(missing.joined(separator: ", ")) must be loaded, but /lib/modules/\(facts.kernel.release) is not there"
                + (others.isEmpty ? "" : " (/lib/modules holds \(others.joined(separator: ", ")))"),
            remedy: others.isEmpty
                ? "mount this kernel's modules at /lib/modules"
                : "start the kernel that the modules are for, or install this kernel's modules",
            exit: ExitStatus.osFile)
    }

    private static func kvm(_ facts: HostFacts, prepared: Bool, _ notes: inout PlanNotes) {
        guard let kvm = facts.kvm else {
            if prepared { notes.refuse(.kvm, "KVM was not queried", remedy: "report this as a bug in boot", exit: ExitStatus.software) }
            return
        }
        guard let problem = kvm.problem else {
            notes.pass(.kvm, "KVM creates virtual machines and runs firmware" + (kvm.tscKHz.map { ", TSC at \($0) kHz" } ?? ""))
            if facts.kernel.moduleParameters["kvm.ignore_msrs"] == "N", prepared {
                notes.warn(
                    .kvm, "kvm.ignore_msrs is N and could not be changed: macOS stops at the first MSR that KVM does not know",
                    remedy: "put kvm.ignore_msrs=1 on the kernel command line")
            }
            return
        }
        // The missing CPU flag is the cause and has a finding already.
        if problem.kind == .nodeMissing, facts.cpu.virtualization == nil { return }
        let remedy =
            switch problem.kind {
            case .nodeMissing: "load kvm_intel or kvm_amd; in a container, pass /dev/kvm in"
            case .permission: "let this process open /dev/kvm: run as root, and allow c 10:232 in the container's device rules"
            case .open: "search the kernel's log (dmesg) for kvm"
            case .apiVersion: "use Linux 2.6.22 or newer"
            case .createVM, .createVCPU:
                "search the kernel's log (dmesg) for kvm, and stop any other hypervisor that uses the CPU's virtualization"
            case .cannotRunFirmware: "use a machine with hardware virtualization, or set guest.accel to tcg"
            }
        let exit = problem.kind == .permission ? ExitStatus.noPermission : ExitStatus.unavailable
        notes.refuse(.kvm, "KVM cannot be used (\(problem.kind.title)): \(problem.detail)", remedy: remedy, exit: exit)
    }

    private static func nestedPaging(_ facts: HostFacts, _ notes: inout PlanNotes) {
        guard let virtualization = facts.cpu.virtualization else { return }
        let (flag, parameter) = virtualization == .vmx ? ("ept", "kvm_intel.ept") : ("npt", "kvm_amd.npt")
        if !facts.cpu.has(flag) || facts.kernel.moduleParameters[parameter] == "N" {
            notes.warn(
                .cpu, "no nested paging (\(flag)): every change of the guest's page tables traps, which is too slow to use",
                remedy: "enable \(flag) on the host, or load the module without \(flag)=0")
        }
        if facts.kernel.moduleParameters["kvm_intel.unrestricted_guest"] == "N" {
            notes.warn(
                .cpu, "no unrestricted guest: the firmware's real mode is emulated, so starting takes longer",
                remedy: "enable unrestricted_guest on the host, or load kvm_intel without unrestricted_guest=0")
        }
    }
}

extension Step {
    fileprivate var loadsModule: Bool {
        if case .loadModule = self { true } else { false }
    }
    fileprivate var createsNode: Bool {
        if case .createNode = self { true } else { false }
    }
}
