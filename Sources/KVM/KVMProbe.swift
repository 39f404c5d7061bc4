import CLinux
import Glibc
import LinuxSupport
import QemuArgs
package import SystemPackage

/// Asks /dev/kvm what it can do, and tries it with a VM of one page.
///
/// The node alone says little: a software PVM, which has no hardware virtualization below it, opens as well and makes VMs.
package struct KVMProbe {
    /// Never throws, traps or hangs: what did not work is in `problem`, with all that was learned before.
    package static func probe(device: FilePath = "/dev/kvm") -> KVMFacts {
        var facts = KVMFacts(problem: nil, apiVersion: nil, capabilities: [:], cpuid: [], tscKHz: nil)
        do throws(KVMProblem) {
            try probe(device, into: &facts)
        } catch {
            facts.problem = error
        }
        return facts
    }

    private static func probe(_ device: FilePath, into facts: inout KVMFacts) throws(KVMProblem) {
        let kvm: OwnedDescriptor
        do throws(Errno) {
            kvm = try OwnedDescriptor(opening: device, .readWrite)
        } catch {
            throw KVMProblem(opening: error)
        }
        let version: Int32
        do throws(Errno) {
            version = try kvmRequest(kvm, MV_KVM_GET_API_VERSION, 0)
        } catch {
            throw KVMProblem(.apiVersion, error)
        }
        facts.apiVersion = Int(version)
        // Documentation/virt/kvm/api.rst: refuse to run with any other.
        guard version == KVM_API_VERSION else { throw KVMProblem(kind: .apiVersion, detail: "KVM speaks version \(version), not 12") }
        facts.capabilities = capabilities(of: kvm)
        facts.cpuid = supportedCPUID(of: kvm)

        let cpu = try virtualCPU(of: kvm)
        facts.tscKHz = cpu.tscKHz
        if let failure = KVMFirmwareTest.run(cpu) { throw KVMProblem(kind: .cannotRunFirmware, detail: failure) }
    }

    private static func virtualCPU(of kvm: borrowing OwnedDescriptor) throws(KVMProblem) -> KVMVirtualCPU {
        let machine: KVMVirtualMachine
        do throws(Errno) {
            machine = try KVMVirtualMachine(kvm: kvm, page: KVMFirmwareTest.page)
        } catch {
            throw KVMProblem(.createVM, error)
        }
        do throws(Errno) {
            return try KVMVirtualCPU(kvm: kvm, machine: machine)
        } catch {
            throw KVMProblem(.createVCPU, error)
        }
    }

    private static func capabilities(of kvm: borrowing OwnedDescriptor) -> [String: Int] {
        var result: [String: Int] = [:]
        for capability in KVMCapability.all {
            guard let value = try? kvmRequest(kvm, MV_KVM_CHECK_EXTENSION, UInt(capability.number)), value > 0 else { continue }
            result[capability.name] = Int(value)
        }
        return result
    }

    /// KVM_GET_SUPPORTED_CPUID, with room for twice as many leaves as long as the kernel says E2BIG. Empty when it fails otherwise.
    private static func supportedCPUID(of kvm: borrowing OwnedDescriptor) -> [CPUIDLeaf] {
        // KVM_MAX_CPUID_ENTRIES is 80 on old kernels and 256 on new ones.
        for room in [128, 256, 512, 1024, 2048] {
            let (header, stride) = (MemoryLayout<kvm_cpuid2>.size, MemoryLayout<kvm_cpuid_entry2>.stride)
            var buffer = [UInt8](repeating: 0, count: header + room * stride)
            let leaves: [CPUIDLeaf]? = buffer.withUnsafeMutableBytes { raw in
                raw.storeBytes(of: UInt32(room), as: UInt32.self)
                if mv_ioctl_pointer(kvm.rawValue, MV_KVM_GET_SUPPORTED_CPUID, raw.baseAddress) < 0 {
                    return errno == E2BIG ? nil : []
                }
                let count = min(Int(raw.load(as: UInt32.self)), room)
                return (0..<count).map { index in
                    let entry = raw.loadUnaligned(fromByteOffset: header + index * stride, as: kvm_cpuid_entry2.self)
                    return CPUIDLeaf(
                        function: entry.function, index: entry.index, eax: entry.eax, ebx: entry.ebx, ecx: entry.ecx, edx: entry.edx)
                }
            }
            if let leaves { return leaves }
        }
        return []
    }
}

extension KVMProblem: Error {
    init(_ kind: Kind, _ error: Errno) { self.init(kind: kind, detail: error.description) }

    init(opening error: Errno) {
        switch error {
        case .noSuchFileOrDirectory: self.init(.nodeMissing, error)
        case .permissionDenied, .notPermitted: self.init(.permission, error)
        // ENODEV and ENXIO: a node without a module behind it.
        default: self.init(.open, error)
        }
    }
}
