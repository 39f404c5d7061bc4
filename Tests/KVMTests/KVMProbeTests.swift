import CLinux
import Glibc
import LinuxSupport
import QemuArgs
import SystemPackage
import Testing

@testable import KVM

@Suite struct KVMProbeTests {
    @Test(arguments: [
        ("/nonexistent/kvm", KVMProblem.Kind.nodeMissing),
        // No ioctl of KVM's: ENOTTY.
        ("/dev/null", .apiVersion),
        // A directory does not open for writing.
        ("/dev", .open),
    ])
    func whatIsNoKVM(path: String, kind: KVMProblem.Kind) {
        let facts = KVMProbe.probe(device: FilePath(path))
        #expect(facts.problem?.kind == kind)
        #expect(facts.apiVersion == nil && facts.capabilities.isEmpty && facts.cpuid.isEmpty && facts.tscKHz == nil)
    }

    @Test(arguments: [
        (Errno.noSuchFileOrDirectory, KVMProblem.Kind.nodeMissing), (.permissionDenied, .permission), (.notPermitted, .permission),
        (Errno(rawValue: ENODEV), .open), (.noSuchAddressOrDevice, .open), (.resourceBusy, .open),
    ])
    func problemsOfOpening(errno: Errno, kind: KVMProblem.Kind) {
        #expect(KVMProblem(opening: errno).kind == kind)
        #expect(KVMProblem(opening: errno).detail == errno.description)
    }

    /// The verdict is the machine's: hardware runs the firmware, a software PVM does not. Either way it comes soon.
    @Test(.enabled(if: (try? OwnedDescriptor(opening: "/dev/kvm", .readWrite)) != nil, "needs a /dev/kvm that opens"))
    func thisMachine() {
        let clock = ContinuousClock()
        var facts = KVMProbe.probe()
        let time = clock.measure { facts = KVMProbe.probe() }
        #expect(time < .milliseconds(1500))
        #expect(facts.apiVersion == 12)
        #expect(facts.capabilities["KVM_CAP_MAX_VCPUS", default: 0] > 0)
        #expect(facts.capabilities.values.allSatisfy { $0 > 0 })
        #expect(facts.cpuid.contains { $0.function == 0 } && facts.cpuid.contains { $0.function == 0x8000_0000 })
        #expect(facts.tscKHz ?? 1 > 0)
        #expect(facts.problem == nil || facts.problem?.kind == .cannotRunFirmware)
        if FileRoot.live.exists("/sys/module/kvm_pvm") {
            #expect(facts.problem?.kind == .cannotRunFirmware)
            #expect(time < .milliseconds(50))
        }
    }
}
