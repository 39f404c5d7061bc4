import CLinux
import Glibc

/// Why KVM_RUN came back, of the reasons that the firmware test tells apart.
enum KVMExit: Equatable, Sendable {
    /// OUT of one byte.
    case output(port: UInt16, value: UInt8)
    /// IN of one byte.
    case input(port: UInt16)
    case halt
    /// The deadline passed.
    case interrupted
    /// Any other KVM_EXIT, in words.
    case failed(String)

    /// Reads what the kernel left in a vCPU's kvm_run mapping.
    init(reading mapping: borrowing KVMMemory) {
        let run = mapping.base.assumingMemoryBound(to: kvm_run.self)
        switch Int32(bitPattern: run.pointee.exit_reason) {
        case KVM_EXIT_IO:
            let io = run.pointee.io
            guard io.size == 1, io.count == 1, io.data_offset < UInt64(mapping.count) else {
                self = .failed("an access of \(io.size) bytes, \(io.count) times, to port \(io.port)")
                return
            }
            let value = mapping.base.load(fromByteOffset: Int(io.data_offset), as: UInt8.self)
            self = Int32(io.direction) == KVM_EXIT_IO_OUT ? .output(port: io.port, value: value) : .input(port: io.port)
        case KVM_EXIT_HLT: self = .halt
        case KVM_EXIT_INTR: self = .interrupted
        case KVM_EXIT_SHUTDOWN: self = .failed("a triple fault (KVM_EXIT_SHUTDOWN)")
        case KVM_EXIT_FAIL_ENTRY:
            let reason = String(run.pointee.fail_entry.hardware_entry_failure_reason, radix: 16)
            self = .failed("the CPU refused to enter the VM, reason 0x\(reason) (KVM_EXIT_FAIL_ENTRY)")
        case KVM_EXIT_INTERNAL_ERROR:
            self = .failed(Self.internalError(run.pointee))
        case KVM_EXIT_MMIO:
            let address = String(run.pointee.mmio.phys_addr, radix: 16)
            self = .failed("an access to 0x\(address), where there is no memory (KVM_EXIT_MMIO)")
        case let reason: self = .failed("KVM exit \(reason)")
        }
    }

    /// KVM_INTERNAL_ERROR_*, linux/kvm.h.
    private static func internalError(_ run: kvm_run) -> String {
        guard Int32(bitPattern: run.internal.suberror) == KVM_INTERNAL_ERROR_EMULATION else {
            return "KVM internal error \(run.internal.suberror)"
        }
        let failure = run.emulation_failure
        var words = "KVM could not emulate an instruction (KVM_INTERNAL_ERROR_EMULATION)"
        // Three words of data: the flags and the 16 bytes of the instruction's length and text.
        if failure.ndata >= 3, failure.flags & UInt64(KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) != 0 {
            let bytes = withUnsafeBytes(of: failure.insn_bytes) { $0.prefix(Int(failure.insn_size)).map { String($0, radix: 16) } }
            words += ": " + bytes.joined(separator: " ")
        }
        return words
    }
}
