import Diagnostics
import HostSupport
import KVM
import LinuxSupport
import Testing

@testable import LinuxVM

@Suite struct AcceleratorTests {
    private func facts(_ problem: KVMProblem.Kind? = nil) -> KVMFacts {
        KVMFacts(
            problem: problem.map { KVMProblem(kind: $0, detail: "details") }, apiVersion: 12, capabilities: [:], cpuid: [], tscKHz: nil)
    }

    @Test func kvmWhereItRunsFirmwareAndNests() throws {
        for wish in [LocalAccelerator.Wish.auto, .kvm] {
            let choice = try LocalAccelerator.choose(wish, kvm: { facts() }, nesting: .allowed("kvm_amd.nested=1"))
            #expect(choice == LocalAccelerator(.kvm, reason: "kvm_amd.nested=1"))
        }
    }

    @Test(
        arguments: [
            (KVMProblem.Kind.cannotRunFirmware, Nesting.allowed("kvm_intel.nested=Y"), "firmware does not run in it"),
            (.permission, .allowed("kvm_intel.nested=Y"), "no permission"), (.nodeMissing, .noModule, "/dev/kvm is missing"),
            (nil, .refused("kvm_intel.nested=N"), "kvm_intel.nested=N"), (nil, .noModule, "does not nest"),
        ] as [(KVMProblem.Kind?, Nesting, String)])
    func emulationElsewhereAndWhy(problem: KVMProblem.Kind?, nesting: Nesting, words: String) throws {
        let choice = try LocalAccelerator.choose(.auto, kvm: { facts(problem) }, nesting: nesting)
        #expect(choice.kind == .emulation && choice.reason.contains(words))
        let error = #expect(throws: OperationError.self) { try LocalAccelerator.choose(.kvm, kvm: { facts(problem) }, nesting: nesting) }
        #expect(error?.exit == .unavailable && error?.cause.contains(words) == true && error?.remedy?.isEmpty == false)
    }

    @Test func emulationAsksNobody() throws {
        var asked = false
        let choice = try LocalAccelerator.choose(
            .emulation,
            kvm: {
                asked = true
                return facts()
            }, nesting: .allowed("kvm_amd.nested=1"))
        #expect(choice.kind == .emulation && !asked)
    }

    @Test(arguments: [
        (["sys/module/kvm_intel/parameters/nested": "Y\n"], Nesting.allowed("kvm_intel.nested=Y")),
        (["sys/module/kvm_amd/parameters/nested": "1\n"], .allowed("kvm_amd.nested=1")),
        (["sys/module/kvm_amd/parameters/nested": "0\n"], .refused("kvm_amd.nested=0")),
        (["sys/module/kvm_intel/parameters/nested": "N\n", "sys/module/kvm_amd/parameters/nested": "1\n"], .allowed("kvm_amd.nested=1")),
        (["sys/module/kvm/parameters/nx": "1"], .noModule),
    ])
    func nestingAsTheKernelSaysIt(files: [String: String], expected: Nesting) throws {
        let scratch = try Scratch(files)
        #expect(Nesting(scratch.root) == expected)
    }
}
