import BootSettings
import Diagnostics
import QemuArgs

/// How much memory the guest gets: all that is available but a computed reserve.
struct MemorySizing: Equatable, Sendable {
    /// A multiple of `granule`.
    var guestBytes: Int
    var backing: Backing

    enum Backing: String, Codable, Sendable {
        /// Anonymous memory; transparent huge pages where the kernel has them.
        case plain
        /// 2 MiB pages of the reserved pool.
        case hugepages
    }

    static let granule = 16 << 20
    static let hugepage = 2 << 20

    /// What Linux and QEMU need beside the guest's memory, in bytes.
    struct Reserve: Equatable, Sendable {
        /// Linux: slab and network buffers that grow under load, dnsmasq, some page cache for QEMU's own code.
        var linux = 128 << 20
        /// QEMU's heap, firmware and 64 MiB of video memory.
        var qemu = 144 << 20
        /// Thread stack, vCPU state and its share of KVM, for each vCPU.
        var perVCPU = 4 << 20
        /// Two page tables map each guest page, QEMU's and KVM's: 2 x 8 bytes for 4096.
        var pageTableDivisor = 256

        func total(guest: Int, vcpus: Int) -> Int { fixed(vcpus: vcpus) + guest / pageTableDivisor }
        func fixed(vcpus: Int) -> Int { linux + qemu + vcpus * perVCPU }
        /// The largest guest g, a multiple of the granule, with g + total(g) <= usable.
        func largestGuest(in usable: Int, vcpus: Int) -> Int {
            let rest = max(0, usable - fixed(vcpus: vcpus))
            return (rest - rest / (pageTableDivisor + 1)) / granule * granule
        }
    }

    static func choose(
        _ configuration: Configuration, _ facts: HostFacts, vcpus: Int, prepared: Bool, _ notes: inout PlanNotes
    ) -> MemorySizing? {
        let supply = MemorySupply(facts)
        let pages = MemoryPages(configuration: configuration, facts: facts, supply: supply, vcpus: vcpus, prepared: prepared)
        let pool = pages.fromPool()
        let usable = supply.usable(withPool: pool != nil)
        let reserve = Reserve()
        let floor = floor(configuration.guest.macOS)
        let ceiling = pages.ceiling
        let most = pool?.cap ?? reserve.largestGuest(in: usable.bytes, vcpus: vcpus)
        let largest = min(most, ceiling.bytes)
        let guest: Int
        if let wanted = configuration.guest.memory {
            guard accept(wanted, usable: usable, largest: largest, ceiling: ceiling, floor: floor, configuration, &notes) else {
                return nil
            }
            guest = wanted / hugepage * hugepage
            notes.decide("memory", "\(MiB(guest))", because: "configured; \(MiB(largest)) would fit into \(usable.text)")
        } else {
            guard largest >= floor else {
                // Another cap than the reserve's is never below the floor: MemoryPages sees to that.
                let missing = floor + reserve.total(guest: floor, vcpus: vcpus) - usable.bytes
                notes.refuse(
                    .memory,
                    "\(usable.text) leave \(MiB(largest)) for the guest, and macOS \(configuration.guest.macOS.rawValue) needs "
                        + "\(MiB(floor)): \(MiB(missing)) are missing",
                    remedy: "give this machine \(MiB(missing)) more memory, or set guest.memory to try with less")
                return nil
            }
            guest = largest
            notes.decide(
                "memory", "\(MiB(guest))",
                because: "\(usable.text), less \(MiB(reserve.linux)) for Linux, \(MiB(reserve.qemu)) for QEMU, "
                    + "\(MiB(vcpus * reserve.perVCPU)) for vCPUs, \(MiB(guest / reserve.pageTableDivisor)) for page tables"
                    + (pool?.cap == nil ? "" : "; what the huge page pool holds of it")
                    + (most > ceiling.bytes ? "; at most \(MiB(ceiling.bytes)): \(ceiling.reason)" : ""))
        }
        if guest > MemoryCeiling.usual {
            notes.warn(
                .memory, "the guest gets more than \(MiB(MemoryCeiling.usual)), with which macOS was never tried",
                remedy: "set guest.memory to \(MiB(MemoryCeiling.usual)) if macOS does not start")
        }
        if let pool {
            notes.decide("memory pages", "2 MiB, reserved", because: pool.reason)
        } else {
            let (reason, warning) = pages.plain(guest: guest)
            if let warning { notes.warn(.memory, warning.message, remedy: warning.remedy) }
            notes.decide("memory pages", "plain", because: reason)
        }
        return MemorySizing(guestBytes: guest, backing: pool == nil ? .plain : .hugepages)
    }

    /// The floor below which the release's own installer does not start (research: 2 GiB for Catalina, 4 from Big Sur).
    static func floor(_ release: MacOSRelease) -> Int { release == .catalina ? 2 << 30 : 4 << 30 }

    private static func accept(
        _ wanted: Int, usable: MemorySupply.Usable, largest: Int, ceiling: MemoryCeiling, floor: Int, _ configuration: Configuration,
        _ notes: inout PlanNotes
    ) -> Bool {
        if wanted > usable.bytes {
            notes.refuse(
                .memory, "guest.memory is \(MiB(wanted)), with \(usable.text): \(MiB(wanted - usable.bytes)) are missing",
                remedy: "set guest.memory to at most \(MiB(largest)), or leave it out")
            return false
        }
        if wanted > ceiling.bytes {
            notes.refuse(
                .memory, "guest.memory is \(MiB(wanted)), but a guest can have at most \(MiB(ceiling.bytes)): \(ceiling.reason)",
                remedy: "set guest.memory to at most \(MiB(largest)), or leave it out", exit: ExitStatus.config)
            return false
        }
        if wanted > largest {
            notes.warn(
                .memory, "guest.memory is \(MiB(wanted)); more than \(MiB(largest)) leaves Linux and QEMU too little",
                remedy: "set guest.memory to at most \(MiB(largest)), or leave it out")
        }
        if wanted < floor {
            notes.warn(
                .memory, "guest.memory is \(MiB(wanted)); macOS \(configuration.guest.macOS.rawValue) needs \(MiB(floor))",
                remedy: "set guest.memory to \(MiB(floor)) or more")
        }
        return true
    }

    /// The reservation to make first, if this sizing wants one.
    func step(_ facts: HostFacts) -> Step? {
        guard backing == .hugepages, let pool = MemorySupply(facts).pool else { return nil }
        let pages = guestBytes / Self.hugepage
        return pool.free >= pages ? nil : .reserveHugepages(pages: pool.total + pages - pool.free)
    }
}

/// Bytes as people read them: whole MiB, rounded up so that nothing missing shows as 0.
struct MiB: CustomStringConvertible {
    let bytes: Int
    init(_ bytes: Int) { self.bytes = bytes }
    var description: String { "\((bytes >> 20) + (bytes & 0xfffff == 0 ? 0 : 1)) MiB" }
}
