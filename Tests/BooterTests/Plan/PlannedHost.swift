import Foundation
import KVM
import LinuxSupport
import QemuArgs

@testable import BootSettings
@testable import Booter

/// A saved machine, planned.
struct PlannedHost: Sendable {
    var host: SavedHost
    var configuration = Configuration()

    init(_ name: String) { host = SavedHost(name: name) }

    /// What a probe sees that asks for what plans can name.
    func facts() throws -> HostFacts {
        let machine = try host.machine()
        return try HostProbe(
            root: machine.root, configuration: configuration, questions: MachineQuestions(configuration)
        ).facts()
    }

    func plan() throws -> BootPlan { Planner(configuration: configuration, facts: try facts()).plan() }

    /// The second look of a run: the first plan's modules are loaded, its device nodes made, its pages reserved, and KVM has answered.
    func preparedPlan(kvm: KVMFacts, qemu: QemuFacts) throws -> BootPlan {
        var facts = try facts()
        let first = Planner(configuration: configuration, facts: facts).plan()
        facts.prepare(first.preparation)
        facts.isReplay = false
        facts.kvm = kvm
        facts.qemu = qemu
        return Planner(configuration: configuration, facts: facts, prepared: true).plan()
    }
}

extension HostFacts {
    /// What the steps of a preparation would have changed.
    mutating func prepare(_ steps: [Step]) {
        for step in steps {
            switch step {
            case .loadModule(let name, _, _):
                kernel.liveModules.append(name)
                if name == "vhost_net" { files.nodes.append("/dev/vhost-net") }
                if name == "kvm" { kernel.moduleParameters["kvm.ignore_msrs"] = "Y" }
            case .setModuleParameter(let module, let parameter, _): kernel.moduleParameters[module + "." + parameter] = "Y"
            case .createNode(let node): files.nodes.append(node.path)
            case .reserveHugepages(let pages):
                let before = memory.hugepages ?? HugepageFacts(total: 0, free: 0)
                memory.hugepages = HugepageFacts(total: pages, free: before.free + pages - before.total)
                memory.available -= (pages - before.total) * MemorySizing.hugepage
            default: break
            }
        }
    }
}

/// Answers of KVM and QEMU, as real ones give them: of CPUID only the leaves that a plan looks at.
enum SavedAnswers {
    /// A Core i7-6700 (Skylake).
    static let skylake = kvm(
        [
            leaf(1, 0x0005_06e3, 0x0010_0800, 0xfffa_fbbf, 0xbfeb_fbff), leaf(7, 0, 0x029c_6fbf, 0, 0x9c00_2400),
            leaf(0xd, index: 1, 0xf, 0x3c0, 0x100, 0), leaf(0x8000_0001, 0, 0, 0x121, 0x2c10_0800), leaf(0x8000_0007, 0, 0, 0, 0x100),
        ], kHz: 3_408_000)
    /// An EPYC 7742 (Zen 2).
    static let rome = kvm(
        [
            leaf(1, 0x0083_0f10, 0x0040_0800, 0xfef8_320b, 0x178b_fbff), leaf(7, 0, 0x219c_91a9, 0x40_0004, 0),
            leaf(0xd, index: 1, 0xf, 0x340, 0, 0), leaf(0x8000_0001, 0x0083_0f10, 0x4000_0000, 0x75c2_37ff, 0x2fd3_fbff),
            leaf(0x8000_0007, 0, 0x1b, 0, 0x6799),
        ], kHz: 2_245_780)
    /// As `skylake`, but the hypervisor outside hides invtsc.
    static let withoutInvariantTSC: KVMFacts = {
        var facts = skylake
        facts.cpuid.removeAll { $0.function == 0x8000_0007 }
        return facts
    }()

    private static func kvm(_ leaves: [CPUIDLeaf], kHz: Int) -> KVMFacts {
        KVMFacts(problem: nil, apiVersion: 12, capabilities: ["KVM_CAP_MAX_VCPUS": 1024], cpuid: leaves, tscKHz: kHz)
    }

    private static func leaf(
        _ function: UInt32, index: UInt32 = 0, _ eax: UInt32, _ ebx: UInt32, _ ecx: UInt32, _ edx: UInt32
    ) -> CPUIDLeaf {
        CPUIDLeaf(function: function, index: index, eax: eax, ebx: ebx, ecx: ecx, edx: edx)
    }

    /// Debian's QEMU 7.2, as it answered.
    static func qemu7() throws -> QemuFacts {
        struct File: Decodable { var facts: QemuFacts }
        let file = SavedHost.directory.appendingPathComponent("qemu-7.2.json")
        var facts = try JSONDecoder().decode(File.self, from: try Data(contentsOf: file)).facts
        facts.path = "/usr/bin/qemu-system-x86_64"
        return facts
    }

    /// The same with what 10.0 changed: younger machines, and -run-with user= in place of -runas.
    static func qemu10() throws -> QemuFacts {
        var facts = try qemu7()
        facts.version = [10, 0, 3]
        facts.machines =
            ["5.0", "5.1", "5.2", "6.0", "6.1", "6.2", "7.0", "7.1", "7.2", "8.0", "8.1", "8.2", "9.0", "9.1", "9.2", "10.0"]
            .map { "pc-q35-" + $0 } + ["q35"]
        facts.options["run-with"] = ["async-teardown", "chroot", "user"]
        return facts
    }
}
