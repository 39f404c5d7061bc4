import KVM
import QemuArgs
import Testing

@testable import BootSettings
@testable import Booter

struct PreflightTests {
    @Test func nothingIsWrongWithAGoodMachine() {
        let plan = Sample.plan()
        #expect(plan.findings.filter { $0.status != .pass } == [])
        #expect(Set(plan.findings.map(\.area)) == [.privileges, .cpu, .modules, .kvm, .network, .disk, .firmware, .qemu])
    }

    /// Of the configuration, that other users can change or read.
    @Test func exposedFiles() {
        let file = ExposedFile(problem: "/f can be changed by other users (mode 0666)", remedy: "chmod go-w /f")
        var planner = Planner(configuration: Configuration(), facts: Sample.facts)
        #expect(planner.plan().findings.allSatisfy { $0.message != file.problem })
        planner.exposed = [file]
        let finding = planner.plan().findings.first { $0.message == file.problem }
        #expect(finding?.status == .warning && finding?.area == .privileges && finding?.remedy == file.remedy)
    }

    @Test func notRoot() {
        let refusal = Sample.plan { $0.process.effectiveUser = 1000 }.refusal
        #expect(refusal?.message == "boot runs as user 1000, not as root" && refusal?.exitCode == 77)
        #expect(refusal?.remedy == "run it as root or with sudo")
    }

    @Test(arguments: [
        (Capability.netAdmin, "CAP_NET_ADMIN (tap and firewall)"), (.sysModule, "CAP_SYS_MODULE (loading modules)"),
        (.mknod, "CAP_MKNOD (device nodes)"),
    ])
    func missingCapabilities(capability: Capability, words: String) {
        func refusal(_ live: [String], _ nodes: [String]) -> Finding? {
            Sample.plan {
                $0.process.effectiveCapabilities &= ~(1 << UInt64(capability.rawValue))
                $0.kernel.liveModules = live
                $0.files.nodes = nodes
            }.refusal
        }
        let finding = refusal([], [])
        #expect(finding?.message == "root without \(words)" && finding?.exitCode == 77 && finding?.area == .privileges)
        // Where there is nothing to load and to make, only the network's is needed.
        let prepared = refusal(ModuleTable.names, DeviceNode.all.map(\.path))
        #expect((prepared == nil) == (capability != .netAdmin))
    }

    @Test func severalMissingCapabilitiesAreAllNamed() {
        let refusal = Sample.plan {
            $0.process.effectiveCapabilities = 0
            $0.kernel.liveModules = []
            $0.files.nodes = []
        }.refusal
        #expect(
            refusal?.message
                == "root without CAP_NET_ADMIN (tap and firewall), CAP_SYS_MODULE (loading modules), CAP_MKNOD (device nodes)")
    }

    struct KVM: Sendable {
        var kind: KVMProblem.Kind
        var title: String
        var remedy: String
        var exit: Int32 = 69
    }
    @Test(arguments: [
        KVM(kind: .nodeMissing, title: "/dev/kvm is missing", remedy: "load kvm_intel or kvm_amd"),
        KVM(kind: .permission, title: "no permission", remedy: "let this process open /dev/kvm", exit: 77),
        KVM(kind: .open, title: "/dev/kvm does not open", remedy: "dmesg"), KVM(kind: .apiVersion, title: "unknown API", remedy: "2.6.22"),
        KVM(kind: .createVM, title: "no VM can be created", remedy: "any other hypervisor"),
        KVM(kind: .createVCPU, title: "no vCPU can be created", remedy: "dmesg"),
        KVM(kind: .cannotRunFirmware, title: "firmware does not run in it", remedy: "hardware virtualization"),
    ])
    func kvmProblems(problem: KVM) throws {
        let plan = Sample.plan { $0.kvm?.problem = KVMProblem(kind: problem.kind, detail: "the kernel's words") }
        let refusal = try #require(plan.refusal)
        #expect(refusal.message == "KVM cannot be used (\(problem.title)): the kernel's words")
        #expect(refusal.remedy?.contains(problem.remedy) == true && refusal.exitCode == problem.exit && refusal.area == .kvm)
    }

    @Test func aCPUWithoutVirtualization() throws {
        func refusal(_ flags: [String]) -> Finding? {
            Sample.plan {
                $0.cpu.flags = flags
                $0.kvm = nil
            }.refusal
        }
        let machine = try #require(refusal(["avx2", "sse4_2"]))
        #expect(machine.message == "the CPU (Core i7-6700) shows neither vmx nor svm: KVM cannot work" && machine.exitCode == 69)
        #expect(machine.remedy?.hasPrefix("enable VT-x or AMD-V in the firmware setup") == true)
        #expect(refusal(["hypervisor"])?.remedy?.hasPrefix("enable nested virtualization on the host of this virtual machine") == true)
        // The node is missing because the CPU lacks the feature: one finding, and the cause.
        let plan = Sample.plan {
            $0.cpu.flags = []
            $0.kvm?.problem = KVMProblem(kind: .nodeMissing, detail: "")
        }
        #expect(plan.findings.filter { $0.status == .failure }.map(\.area) == [.cpu])
        // A software KVM that works is taken.
        #expect(Sample.plan { $0.cpu.flags.removeAll { $0 == "vmx" } }.refusal == nil)
    }

    @Test func emulationAsksForNoKVM() {
        let plan = Sample.plan(.with { $0.guest.accelerator = .tcg }) {
            $0.kvm = nil
            $0.cpu.flags = []
        }
        #expect(plan.refusal == nil)
        #expect(plan.warnings.contains("guest.accel is tcg: macOS runs about ten times slower than with KVM"))
        #expect(plan.qemu?.argv.contains("tcg") == true && plan.qemu?.vhostDescriptors == [])
    }

    @Test func kvmThatWasNotAsked() {
        #expect(Sample.plan { $0.kvm = nil }.refusal?.exitCode == 70)
        let first = Sample.plan(prepared: false) { $0.kvm = nil }
        #expect(first.refusal == nil)
        #expect(first.decision("KVM")?.value == "not asked yet")
        #expect(Sample.plan().decision("KVM") == nil)
    }

    @Test func ignoreMSRsThatCannotBeChanged() {
        func warnings(prepared: Bool) -> [String] {
            Sample.plan(prepared: prepared) { $0.kernel.moduleParameters["kvm.ignore_msrs"] = "N" }.warnings
        }
        #expect(warnings(prepared: true).first?.hasPrefix("kvm.ignore_msrs is N and could not be changed") == true)
        #expect(warnings(prepared: false).isEmpty)
    }

    @Test func nestedPaging() {
        #expect(Sample.plan { $0.cpu.flags.removeAll { $0 == "ept" } }.warnings.first?.hasPrefix("no nested paging (ept)") == true)
        #expect(Sample.plan { $0.kernel.moduleParameters["kvm_intel.ept"] = "N" }.warnings.count == 1)
        #expect(Sample.plan { $0.kernel.moduleParameters["kvm_intel.unrestricted_guest"] = "N" }.warnings.count == 1)
        let amd = Sample.plan {
            $0.cpu.flags = ["svm", "avx2", "sse4_2", "constant_tsc", "nonstop_tsc"]
            $0.kernel.liveModules.append("kvm_amd")
        }
        #expect(amd.warnings.first?.hasPrefix("no nested paging (npt)") == true)
    }

    @Test func modulesOfAnotherKernel() {
        let plan = Sample.plan {
            $0.kernel.liveModules = []
            $0.kernel.hasModuleDirectory = false
            $0.kernel.otherModuleDirectories = ["6.1.0", "6.6.0"]
        }
        let refusal = plan.refusal
        #expect(
            refusal?.message == "kvm, kvm_intel, tun must be loaded, but /lib/modules/6.12.0 is not there (/lib/modules holds 6.1.0, 6.6.0)"
        )
        #expect(refusal?.remedy == "start the kernel that the modules are for, or install this kernel's modules")
        #expect(refusal?.exitCode == 72 && refusal?.area == .modules)
    }

    @Test func noDnsmasq() {
        let refusal = Sample.plan { $0.files.dnsmasq = nil }.refusal
        #expect(refusal?.message == "dnsmasq was not found: the guest would get no address" && refusal?.exitCode == 72)
    }

    @Test func whatTheReleaseLacks() {
        func warnings(_ release: MacOSRelease, _ lacking: [String]) -> [String] {
            Sample.plan(prepared: false, .with { $0.guest.macOS = release }) { facts in
                facts.kvm = nil
                facts.cpu.flags.removeAll { lacking.contains($0) }
            }.warnings
        }
        // "Non-monotonic time" from macOS 12 on, and macOS 26 hangs besides.
        #expect(warnings(.tahoe, ["nonstop_tsc"]).count == 2 && warnings(.sequoia, ["nonstop_tsc"]).count == 1)
        #expect(warnings(.bigSur, ["nonstop_tsc"]).isEmpty)
        #expect(warnings(.ventura, ["avx2"]).count == 1 && warnings(.monterey, ["avx2"]).isEmpty)
        #expect(warnings(.catalina, ["sse4_2", "avx2"]).count == 1)
    }
}

struct ModuleTableTests {
    private func names(_ change: (inout HostFacts) -> Void, _ configuration: Configuration = Configuration()) -> [String] {
        var facts = Sample.facts
        change(&facts)
        return ModuleTable.steps(configuration, facts).map(\.title)
    }

    @Test func everythingInOrder() {
        #expect(
            names {
                $0.kernel.liveModules = []
                $0.files.nodes = []
            } == [
                "load module kvm ignore_msrs=1", "load module kvm_intel", "load module tun", "load module vhost_net (optional)",
                "load module crc32c_generic (optional)", "load module nf_tables", "load module nft_chain_nat", "load module nft_masq",
                "load module nft_nat", "load module nft_ct", "load module nft_fib_inet", "create /dev/kvm", "create /dev/net/tun",
            ])
    }

    @Test func whatTheKernelWasBuiltWithoutIsNotLoaded() {
        let titles = names {
            $0.kernel.liveModules = []
            $0.kernel.hasAddressLookup = false
        }
        #expect(titles.contains("load module nft_ct") && !titles.contains("load module nft_fib_inet"))
    }

    @Test func whatIsThereIsNotLoaded() {
        #expect(names { _ in } == [])
        #expect(names { $0.kernel.liveModules.removeAll { $0 == "tun" } } == ["load module tun"])
        #expect(
            names {
                $0.kernel.liveModules.removeAll { $0 == "tun" }
                $0.kernel.builtinModules = ["tun"]
            } == [])
    }

    @Test func theVendorsModule() {
        let amd = names {
            $0.kernel.liveModules = []
            $0.cpu.flags = ["svm"]
        }
        #expect(amd.contains("load module kvm_amd") && !amd.contains("load module kvm_intel"))
    }

    @Test func emulationAndOtherCardsNeedLess() {
        let none = { (facts: inout HostFacts) in facts.kernel.liveModules = [] }
        let emulated = names(none, .with { $0.guest.accelerator = .tcg })
        #expect(!emulated.contains { $0.contains("kvm") })
        #expect(!names(none, .with { $0.network.nic = .vmxnet3 }).contains { $0.contains("vhost") })
    }

    @Test(arguments: [("N", true), ("Y", false)])
    func aLoadedKVMIsCorrected(value: String, isSet: Bool) {
        let steps = names { $0.kernel.moduleParameters["kvm.ignore_msrs"] = value }
        #expect(steps == (isSet ? ["set kvm.ignore_msrs=1"] : []))
    }

    @Test func withoutModulesOnDiskTheFirewallIsTakenForBuiltIn() {
        #expect(
            names {
                $0.kernel.liveModules = []
                $0.kernel.hasModuleDirectory = false
            } == ["load module kvm ignore_msrs=1", "load module kvm_intel", "load module tun"])
    }

    @Test func vhostNeedsItsNode() {
        func vhost(prepared: Bool, live: Bool, node: Bool) -> Bool {
            let plan = Sample.plan(prepared: prepared) {
                if !live { $0.kernel.liveModules.removeAll { $0 == "vhost_net" } }
                if !node { $0.files.nodes.removeAll { $0 == "/dev/vhost-net" } }
            }
            let isOpened = plan.steps.contains { if case .openVhost = $0 { true } else { false } }
            #expect(plan.qemu?.vhostDescriptors.isEmpty == !isOpened && (plan.decision("vhost")?.value == "on") == isOpened)
            return isOpened
        }
        #expect(vhost(prepared: true, live: true, node: true))
        #expect(!vhost(prepared: true, live: true, node: false))
        #expect(!vhost(prepared: true, live: false, node: true))
        #expect(vhost(prepared: false, live: false, node: false))
    }

    @Test func everyNameIsProbed() {
        for flags in [["vmx"], ["svm"]] {
            var cpu = Sample.facts.cpu
            cpu.flags = flags
            #expect(ModuleTable.rows(Configuration(), cpu).allSatisfy { ModuleTable.names.contains($0.name) })
        }
    }
}
