import CLinux
import Glibc
import LinuxSupport
import SystemPackage

/// The owner of a vCPU, in the state that a CPU is in after a reset.
struct KVMVirtualCPU: ~Copyable {
    private let descriptor: OwnedDescriptor
    private let run: KVMMemory
    /// Its memory has to live as long as the vCPU runs.
    private let machine: KVMVirtualMachine

    /// - Throws: the `Errno` of KVM_CREATE_VCPU, or of mapping its kvm_run.
    init(kvm: borrowing OwnedDescriptor, machine: consuming KVMVirtualMachine) throws(Errno) {
        let size = Int(try kvmRequest(kvm, MV_KVM_GET_VCPU_MMAP_SIZE, 0))
        guard size >= MemoryLayout<kvm_run>.size else { throw .invalidArgument }
        let descriptor = OwnedDescriptor(adopting: try kvmRequest(machine.descriptor, MV_KVM_CREATE_VCPU, 0))
        self.run = try KVMMemory(of: descriptor.rawValue, count: size)
        self.descriptor = descriptor
        self.machine = machine
    }

    /// KVM_GET_TSC_KHZ, kHz; nil when the kernel does not say.
    var tscKHz: Int? { (try? kvmRequest(descriptor, MV_KVM_GET_TSC_KHZ, 0)).flatMap { $0 > 0 ? Int($0) : nil } }

    /// Lets `deadline` interrupt `next`.
    func obey(_ deadline: borrowing KVMDeadline) throws(Errno) {
        if mv_kvm_admit_signal(descriptor.rawValue, KVMDeadline.signal) < 0 { throw Errno(rawValue: errno) }
    }

    /// Runs to the next exit.
    func next() -> KVMExit {
        if mv_ioctl_value(descriptor.rawValue, MV_KVM_RUN, 0) < 0 {
            let error = Errno(rawValue: errno)
            return error == .interrupted ? .interrupted : .failed("KVM_RUN: \(error.description)")
        }
        return KVMExit(reading: run)
    }

    /// Gives the value that a pending one-byte IN reads.
    func answer(_ value: UInt8) {
        let offset = run.base.assumingMemoryBound(to: kvm_run.self).pointee.io.data_offset
        guard offset < UInt64(run.count) else { return }
        run.base.storeBytes(of: value, toByteOffset: Int(offset), as: UInt8.self)
    }
}
