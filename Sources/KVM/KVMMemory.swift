import Glibc
import SystemPackage

/// The owner of a mapping: memory that a VM gets, or a vCPU's kvm_run structure.
struct KVMMemory: ~Copyable {
    let base: UnsafeMutableRawPointer
    let count: Int

    /// `count` bytes of zeros.
    ///
    /// The corresponding C function is `mmap`.
    init(zeros count: Int) throws(Errno) {
        try self.init(count, MAP_PRIVATE | MAP_ANONYMOUS, -1)
    }

    /// The first `count` bytes of a descriptor, shared with the kernel.
    init(of descriptor: Int32, count: Int) throws(Errno) {
        try self.init(count, MAP_SHARED, descriptor)
    }

    private init(_ count: Int, _ flags: Int32, _ descriptor: Int32) throws(Errno) {
        guard let base = mmap(nil, count, PROT_READ | PROT_WRITE, flags, descriptor, 0), base != MAP_FAILED else {
            throw Errno(rawValue: errno)
        }
        self.base = base
        self.count = count
    }

    /// Copies `bytes` to `offset`; what does not fit is left out.
    func write(_ bytes: [UInt8], at offset: Int) {
        let room = UnsafeMutableRawBufferPointer(start: base, count: count).dropFirst(offset)
        UnsafeMutableRawBufferPointer(rebasing: room).copyBytes(from: bytes.prefix(room.count))
    }

    deinit { munmap(base, count) }
}
