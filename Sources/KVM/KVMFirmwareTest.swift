import SystemPackage

/// A firmware of 60 bytes, and the judgement whether it ran.
///
/// It does what OVMF and SeaBIOS begin with: real mode at the reset vector, ports, the switch to 32-bit protected mode,
/// and then the x87 instructions over which OVMF stumbles where KVM is a software PVM.
struct KVMFirmwareTest {
    static let port: UInt16 = 0xF4
    /// What the IN reads; the program sends it back.
    static let answer: UInt8 = 0xA5

    static let expected: [KVMExit] = [
        .output(port: port, value: 0x16), .input(port: port), .output(port: port, value: answer),
        .output(port: port, value: 0x32), .halt,
    ]

    /// The page below 4 GiB: guest physical 0xFFFFF000, in real mode offset 0xF000 of the segment at 0xFFFF0000.
    static var page: [UInt8] {
        var page = [UInt8](repeating: 0, count: KVMVirtualMachine.pageSize)
        func put(_ offset: Int, _ bytes: [UInt8]) { page.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
        put(0x00, realMode)
        put(0x20, protectedMode)
        put(0x40, descriptors)
        put(0x60, [0x17, 0x00, 0x40, 0xF0, 0xFF, 0xFF])  // limit and address of the descriptors
        put(0xFF0, [0xE9, 0x0D, 0xF0])  // jmp 0xF000
        return page
    }

    private static let realMode: [UInt8] = [
        0xB0, 0x16,  // mov al, 0x16
        0xE6, 0xF4,  // out 0xF4, al
        0xE4, 0xF4,  // in al, 0xF4
        0xE6, 0xF4,  // out 0xF4, al
        0x2E, 0x66, 0x0F, 0x01, 0x16, 0x60, 0xF0,  // lgdt cs:[0xF060]
        0x0F, 0x20, 0xC0,  // mov eax, cr0
        0x0C, 0x01,  // or al, 1
        0x0F, 0x22, 0xC0,  // mov cr0, eax
        0x66, 0xEA, 0x20, 0xF0, 0xFF, 0xFF, 0x08, 0x00,  // jmp 8:0xFFFFF020
    ]

    private static let protectedMode: [UInt8] = [
        0xB8, 0x10, 0x00, 0x00, 0x00,  // mov eax, 0x10
        0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xD0,  // mov ds, eax; mov es, eax; mov ss, eax
        0x8E, 0xE0, 0x8E, 0xE8,  // mov fs, eax; mov gs, eax
        0xDB, 0xE3,  // fninit
        0x9B,  // fwait
        0xB0, 0x32,  // mov al, 0x32
        0xE6, 0xF4,  // out 0xF4, al
        0xF4,  // hlt
    ]

    /// Null, flat 32-bit code (selector 8), flat data (selector 16).
    private static let descriptors: [UInt8] = [
        0, 0, 0, 0, 0, 0, 0, 0,
        0xFF, 0xFF, 0, 0, 0, 0x9B, 0xCF, 0,
        0xFF, 0xFF, 0, 0, 0, 0x93, 0xCF, 0,
    ]

    /// Runs the program to its end, its first wrong step or the deadline. nil when it did all that it should.
    ///
    /// The program takes microseconds, and milliseconds where nested virtualization is emulated: after a second it never ends.
    static func run(_ cpu: borrowing KVMVirtualCPU, milliseconds: Int = 1000) -> String? {
        do throws(Errno) {
            let deadline = try KVMDeadline(milliseconds: milliseconds)
            try cpu.obey(deadline)
            let verdict = judge {
                let exit = cpu.next()
                if case .input = exit { cpu.answer(answer) }
                return exit
            }
            _ = consume deadline
            return verdict
        } catch {
            return "no deadline could be set: \(error.description)"
        }
    }

    /// Compares exits with the expected ones; asks for no more than those.
    static func judge(_ next: () -> KVMExit) -> String? {
        for (index, expected) in expected.enumerated() {
            let exit = next()
            if exit == expected { continue }
            let mode = index < 3 ? "real mode" : "32-bit mode"
            return "test firmware in \(mode), step \(index + 1) of \(self.expected.count): \(exit.words)"
        }
        return nil
    }
}

extension KVMExit {
    var words: String {
        switch self {
        case .output(let port, let value): "wrote 0x\(String(value, radix: 16)) to port 0x\(String(port, radix: 16))"
        case .input(let port): "read port 0x\(String(port, radix: 16))"
        case .halt: "halted"
        case .interrupted: "did not come to its next step within the deadline"
        case .failed(let words): words
        }
    }
}
