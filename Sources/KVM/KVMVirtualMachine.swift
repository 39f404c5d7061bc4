import CLinux
import Glibc
import LinuxSupport
import SystemPackage

/// The owner of a VM that has one page of memory at the end of the first 4 GiB, where an x86 CPU starts.
struct KVMVirtualMachine: ~Copyable {
    let descriptor: OwnedDescriptor
    private let memory: KVMMemory

    /// 0xFFFFFFF0 is the reset vector; this is the page that it is in.
    static let pageAddress: UInt64 = 0xFFFF_F000
    static let pageSize = 4096

    /// - Throws: the `Errno` of KVM_CREATE_VM or of KVM_SET_USER_MEMORY_REGION.
    init(kvm: borrowing OwnedDescriptor, page: [UInt8]) throws(Errno) {
        let descriptor = OwnedDescriptor(adopting: try kvmRequest(kvm, MV_KVM_CREATE_VM, 0))
        // Intel CPUs without unrestricted guest run real mode as virtual-8086: three pages for the TSS and one for a page table,
        // below the firmware. Others ignore it. The addresses are QEMU's.
        var identityMap: UInt64 = 0xFEFF_C000
        _ = mv_ioctl_pointer(descriptor.rawValue, MV_KVM_SET_IDENTITY_MAP_ADDR, &identityMap)
        _ = mv_ioctl_value(descriptor.rawValue, MV_KVM_SET_TSS_ADDR, 0xFEFF_D000)

        let memory = try KVMMemory(zeros: Self.pageSize)
        memory.write(page, at: 0)
        var region = kvm_userspace_memory_region()
        region.guest_phys_addr = Self.pageAddress
        region.memory_size = UInt64(memory.count)
        region.userspace_addr = UInt64(UInt(bitPattern: memory.base))
        if mv_ioctl_pointer(descriptor.rawValue, MV_KVM_SET_USER_MEMORY_REGION, &region) < 0 { throw Errno(rawValue: errno) }
        self.descriptor = descriptor
        self.memory = memory
    }
}

/// ioctl(2) with an integer argument, for the requests that answer by their result.
func kvmRequest(_ file: borrowing OwnedDescriptor, _ request: UInt, _ argument: UInt) throws(Errno) -> Int32 {
    while true {
        let result = mv_ioctl_value(file.rawValue, request, argument)
        if result >= 0 { return result }
        let error = Errno(rawValue: errno)
        // KVM_CREATE_VM waits for locks and gives up when a signal comes.
        if error != .interrupted { throw error }
    }
}
