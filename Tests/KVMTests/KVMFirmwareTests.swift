import CLinux
import Glibc
import LinuxSupport
import SystemPackage
import Testing

@testable import KVM

@Suite struct KVMFirmwareTests {
    static let port = KVMFirmwareTest.port

    func judge(_ exits: [KVMExit]) -> String? {
        var rest = exits[...]
        return KVMFirmwareTest.judge { rest.popFirst() ?? .interrupted }
    }

    @Test func theRightExits() { #expect(judge(KVMFirmwareTest.expected) == nil) }

    @Test func everyStepCounts() {
        for step in KVMFirmwareTest.expected.indices {
            for wrong in [KVMExit.interrupted, .halt, .output(port: Self.port, value: 0), .input(port: 1), .failed("words")] {
                var exits = KVMFirmwareTest.expected
                if exits[step] == wrong { continue }
                exits[step] = wrong
                #expect(judge(exits)?.contains("step \(step + 1) of 5: \(wrong.words)") == true)
            }
            #expect(judge(Array(KVMFirmwareTest.expected[..<step])) != nil)
        }
    }

    @Test(arguments: [(0, "real mode"), (2, "real mode"), (3, "32-bit mode"), (4, "32-bit mode")])
    func theModeIsNamed(step: Int, mode: String) {
        #expect(judge(Array(KVMFirmwareTest.expected[..<step]))?.contains(mode) == true)
    }

    /// The parts of the page do not overlap, and the reset vector jumps to its beginning.
    @Test func thePage() throws {
        let page = KVMFirmwareTest.page
        #expect(page.count == 4096)
        #expect(page[0x1F] == 0 && page[0x20] == 0xB8 && page[0x36] == 0xF4 && page[0x37..<0x48].allSatisfy { $0 == 0 })
        let distance = UInt16(page[0xFF1]) | UInt16(page[0xFF2]) << 8
        #expect(0xFFF3 &+ distance == 0xF000)
    }

    @Test func exitsAsTheKernelLeavesThem() throws {
        let memory = try KVMMemory(zeros: 12288)
        let run = memory.base.assumingMemoryBound(to: kvm_run.self)
        run.pointee.exit_reason = UInt32(KVM_EXIT_IO)
        run.pointee.io.direction = UInt8(KVM_EXIT_IO_OUT)
        run.pointee.io.size = 1
        run.pointee.io.count = 1
        run.pointee.io.port = 0xF4
        run.pointee.io.data_offset = 4096
        memory.write([0x5A], at: 4096)
        #expect(KVMExit(reading: memory) == .output(port: 0xF4, value: 0x5A))
        run.pointee.io.direction = UInt8(KVM_EXIT_IO_IN)
        #expect(KVMExit(reading: memory) == .input(port: 0xF4))
        run.pointee.io.data_offset = 12288
        #expect(KVMExit(reading: memory) == .failed("an access of 1 bytes, 1 times, to port 244"))
        run.pointee.exit_reason = UInt32(KVM_EXIT_HLT)
        #expect(KVMExit(reading: memory) == .halt)
        run.pointee.exit_reason = UInt32(KVM_EXIT_INTERNAL_ERROR)
        run.pointee.emulation_failure.suberror = UInt32(KVM_INTERNAL_ERROR_EMULATION)
        run.pointee.emulation_failure.ndata = 3
        run.pointee.emulation_failure.flags = 1
        run.pointee.emulation_failure.insn_size = 1
        run.pointee.emulation_failure.insn_bytes.0 = 0x9B
        #expect(KVMExit(reading: memory).words.hasSuffix(": 9b"))
    }

    /// Whatever is in the mapping, it is read without a trap.
    @Test func randomExits() throws {
        var state: UInt64 = 1
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 16
        }
        let memory = try KVMMemory(zeros: 12288)
        var kinds: Set<String> = []
        for _ in 0..<20_000 {
            for offset in stride(from: 0, to: 80, by: 4) {
                memory.base.storeBytes(of: UInt32(truncatingIfNeeded: random()), toByteOffset: offset, as: UInt32.self)
            }
            memory.base.storeBytes(of: UInt32(random() % 40), toByteOffset: 8, as: UInt32.self)
            kinds.insert(String(KVMExit(reading: memory).words.prefix(8)))
        }
        #expect(kinds.count > 5)
    }

    /// A guest that loops without an exit is stopped, and the signal that does it leaves no trace.
    @Test(.enabled(if: (try? OwnedDescriptor(opening: "/dev/kvm", .readWrite)) != nil, "needs a /dev/kvm that opens"))
    func anEndlessGuest() throws {
        let kvm = try OwnedDescriptor(opening: "/dev/kvm", .readWrite)
        var page = [UInt8](repeating: 0, count: 4096)
        page.replaceSubrange(0xFF0..<0xFF2, with: [0xEB, 0xFE])  // jmp to itself
        let cpu = try KVMVirtualCPU(kvm: kvm, machine: try KVMVirtualMachine(kvm: kvm, page: page))
        // The threads that run tests block most signals already.
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        var verdict: String?
        let time = ContinuousClock().measure { verdict = KVMFirmwareTest.run(cpu, milliseconds: 30) }
        #expect(verdict == "test firmware in real mode, step 1 of 5: " + KVMExit.interrupted.words)
        #expect(time >= .milliseconds(25) && time < .milliseconds(500))
        var after = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &after)
        #expect(sigismember(&after, KVMDeadline.signal) == sigismember(&before, KVMDeadline.signal))
        var pending = sigset_t()
        sigpending(&pending)
        #expect(sigismember(&pending, KVMDeadline.signal) == 0)
    }
}
