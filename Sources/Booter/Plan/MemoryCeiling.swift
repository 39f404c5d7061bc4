import BootSettings
import KVM
import QemuArgs

/// The largest guest that QEMU and XNU take, however much memory there is.
struct MemoryCeiling: Equatable, Sendable {
    var bytes: Int
    /// Why it is not more.
    var reason: String

    /// `phys-bits` of QEMU's named CPU models, unless it is set.
    private static let usualBits = 40
    /// What CPUID can say.
    private static let mostBits = 52
    /// Below it QEMU's default does.
    static let usual = largest(bits: usualBits)

    /// QEMU puts 32 GiB for PCI devices above the memory, and of the first 4 GiB 2 are no memory: pc_max_used_gpa() in hw/i386/pc.c.
    /// With 40 bits it starts 990 GiB and refuses 991 ("phys-bits too low").
    private static func largest(bits: Int) -> Int { (1 << bits) - (34 << 30) }

    init(_ configuration: Configuration, _ facts: HostFacts) {
        let release = configuration.guest.macOS
        let most = XNU.mostMemoryMiB(darwin: release.darwin) << 20
        let (bits, limit) = Self.addressBits(configuration, facts)
        if Self.largest(bits: bits) < most {
            (bytes, reason) = (Self.largest(bits: bits), limit)
        } else {
            (bytes, reason) = (most, "the kernel of macOS \(release.rawValue) uses no more")
        }
    }

    /// The address bits that a guest can have, and the reason in words.
    private static func addressBits(_ configuration: Configuration, _ facts: HostFacts) -> (Int, String) {
        guard configuration.guest.accelerator == .kvm else { return (usualBits, "QEMU's emulation has 40 address bits (phys-bits)") }
        guard let host = facts.physicalBits else {
            return (usualBits, "the CPU does not report its address bits, and QEMU's default is 40 (phys-bits)")
        }
        let reason = "QEMU can give the guest \(max(usualBits, host)) address bits here (phys-bits)"
        guard host > usualBits else { return (usualBits, reason) }
        // OvmfPkg, PlatformAddressWidthFromCpuid().
        guard CPUChoice.features(facts)?.contains(.pdpe1gb) ?? false else {
            return (usualBits, "KVM offers no pages of 1 GiB, without which OVMF maps only 40 address bits (phys-bits)")
        }
        return (min(host, mostBits), reason)
    }

    /// The address bits to set for a guest of this size, as few as hold it: PCI devices far above the memory are beyond XNU's map of
    /// physical memory. nil leaves QEMU's default.
    static func physicalBits(forGuest bytes: Int) -> Int? {
        bytes <= usual ? nil : (usualBits + 1...mostBits).first { bytes <= largest(bits: $0) }
    }
}

extension HostFacts {
    /// What KVM offers a guest (CPUID leaf 0x80000008), or else what the CPU has.
    fileprivate var physicalBits: Int? {
        if let leaf = kvm?.cpuid.first(where: { $0.function == 0x8000_0008 }) { return Int(leaf.eax & 0xff) }
        return cpu.physicalBits
    }
}
