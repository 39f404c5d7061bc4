import QemuArgs

/// How much memory the guest gets: all that is available but a computed reserve.
struct MemorySizing: Equatable, Sendable {
    /// Bytes, a multiple of `granule`.
    var guest: Int
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
        let usable = usable(facts)
        let reserve = Reserve()
        let largest = reserve.largestGuest(in: usable.bytes, vcpus: vcpus)
        let floor = floor(configuration.guest.macOS)
        let guest: Int
        if let wanted = configuration.guest.memory {
            guard accept(wanted, usable: usable, largest: largest, floor: floor, configuration, &notes) else { return nil }
            guest = wanted / hugepage * hugepage
            notes.decide("memory", "\(MiB(guest))", because: "configured; \(MiB(largest)) would fit into \(usable.text)")
        } else {
            guard largest >= floor else {
                notes.refuse(
                    .memory,
                    "\(usable.text) leave \(MiB(largest)) for the guest, and macOS \(configuration.guest.macOS.rawValue) needs "
                        + "\(MiB(floor)): \(MiB(floor - largest)) are missing",
                    remedy: "give this machine \(MiB(floor - largest)) more memory, or set guest.memory to try with less")
                return nil
            }
            guest = largest
            notes.decide(
                "memory", "\(MiB(guest))",
                because: "\(usable.text), less \(MiB(reserve.linux)) for Linux, \(MiB(reserve.qemu)) for QEMU, "
                    + "\(MiB(vcpus * reserve.perVCPU)) for vCPUs, \(MiB(guest / reserve.pageTableDivisor)) for page tables")
        }
        let backing = backing(configuration, facts, guest: guest, prepared: prepared, &notes)
        return MemorySizing(guest: guest, backing: backing)
    }

    /// The floor below which the release's own installer does not start (research: 2 GiB for Catalina, 4 from Big Sur).
    private static func floor(_ release: MacOSRelease) -> Int { release == .catalina ? 2 << 30 : 4 << 30 }

    private struct Usable {
        var bytes: Int
        var text: String
    }

    /// 1 PiB: no machine has more, and sums of two such numbers stay far from overflow whatever a file claims.
    private static let limit = 1 << 50

    private static func usable(_ facts: HostFacts) -> Usable {
        // Pages that are already in the huge page pool count as used, but the guest may have them.
        let pool = min(facts.memory.hugepages?.free ?? 0, limit / hugepage) * hugepage
        let available = min(facts.memory.available, limit) + pool
        let machine = Usable(bytes: available, text: "\(MiB(available)) available of \(MiB(facts.memory.total))")
        guard let limit = facts.cgroup.memoryLimit else { return machine }
        let left = max(0, limit - (facts.cgroup.memoryUsed ?? 0))
        guard left < available else { return machine }
        return Usable(bytes: left, text: "\(MiB(left)) left in the cgroup's limit of \(MiB(limit))")
    }

    private static func accept(
        _ wanted: Int, usable: Usable, largest: Int, floor: Int, _ configuration: Configuration, _ notes: inout PlanNotes
    ) -> Bool {
        if wanted > usable.bytes {
            notes.refuse(
                .memory, "guest.memory is \(MiB(wanted)), with \(usable.text): \(MiB(wanted - usable.bytes)) are missing",
                remedy: "set guest.memory to at most \(MiB(largest)), or leave it out")
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

    /// Huge pages shorten the walk through two levels of page tables; transparent ones do so without a reservation.
    private static func backing(
        _ configuration: Configuration, _ facts: HostFacts, guest: Int, prepared: Bool, _ notes: inout PlanNotes
    ) -> Backing {
        let pages = guest / hugepage
        func plain(_ reason: String) -> Backing {
            notes.decide("memory pages", "plain", because: reason)
            return .plain
        }
        if configuration.guest.accelerator == .tcg { return plain("emulation does not walk nested page tables") }
        let transparent = facts.memory.transparentHugepages
        switch configuration.guest.hugepages {
        case .off: return plain("guest.hugepages is off")
        case .auto where transparent == "always" || transparent == "madvise":
            return plain("transparent huge pages are on (\(transparent ?? "")), nothing to reserve")
        case .auto, .on: break
        }
        guard let pool = facts.memory.hugepages else {
            if configuration.guest.hugepages == .on {
                notes.warn(.memory, "guest.hugepages is on, but this kernel has no 2 MiB pages", remedy: "leave guest.hugepages out")
            }
            return plain("this kernel has no 2 MiB pages")
        }
        if pool.free >= pages {
            notes.decide("memory pages", "2 MiB, reserved", because: "\(pages) pages are free in the pool")
            return .hugepages
        }
        guard prepared else {
            notes.decide(
                "memory pages", "2 MiB, reserved", because: "the pool will be grown by \(pages - pool.free) pages, if they can be had")
            return .hugepages
        }
        notes.warn(
            .memory, "only \(pool.free) of \(pages) huge pages could be reserved: memory is fragmented or too small",
            remedy: "reserve them at boot with hugepages=\(pages) on the kernel command line, or set guest.hugepages to off")
        return plain("only \(pool.free) of \(pages) huge pages could be reserved")
    }

    /// The reservation to make first, if this sizing wants one.
    func step(_ facts: HostFacts) -> Step? {
        guard backing == .hugepages, let pool = facts.memory.hugepages else { return nil }
        let pages = guest / Self.hugepage
        return pool.free >= pages ? nil : .reserveHugepages(pages: pool.total + pages - pool.free)
    }
}

/// Bytes as people read them: whole MiB, rounded up so that nothing missing shows as 0.
struct MiB: CustomStringConvertible {
    let bytes: Int
    init(_ bytes: Int) { self.bytes = bytes }
    var description: String { "\((bytes >> 20) + (bytes & 0xfffff == 0 ? 0 : 1)) MiB" }
}
