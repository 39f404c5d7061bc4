import BootSettings
import Diagnostics
import QemuArgs

/// How much memory the guest gets: everything available, less a computed reserve.
struct MemorySizing: Equatable, Sendable {
    /// A multiple of `hugepage`; of `granule` unless configured.
    var guestBytes: Int
    var backing: Backing

    enum Backing: String, Codable, Sendable {
        /// Anonymous memory; transparent huge pages where the kernel has them.
        case plain
        /// 2 MiB pages of the reserved pool.
        case hugepages
        /// 1 GiB pages of the reserved pool.
        case gigantic
    }

    static let granule = 16 << 20
    static let hugepage = 2 << 20
    static let gibibyte = 1 << 30

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
        if let guest = gigantic(configuration, supply, vcpus: vcpus, floor: floor, otherwise: largest) {
            let pages = guest / gibibyte
            notes.decide(
                "memory", "\(MiB(guest))",
                because: (configuration.guest.memory == nil ? "" : "configured; ")
                    + "\(supply.giganticPages) pages of 1 GiB are free; \(supply.usable(withPool: false).text) is for Linux and QEMU")
            notes.decide("memory pages", "1 GiB, reserved", because: "\(pages) pages are free in the pool")
            return MemorySizing(guestBytes: guest, backing: .gigantic)
        }
        if supply.giganticPages > 0 {
            notes.warn(
                .memory, "\(supply.giganticPages) free pages of 1 GiB are reserved, and the guest does not use them",
                remedy: configuration.guest.hugepages == .off
                    ? "leave guest.hugepages out, or reserve no 1 GiB pages"
                    : "set guest.memory to a whole number of GiB that these pages hold, or reserve no 1 GiB pages")
        }
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
                    + (pool?.cap == nil ? "" : "; limited by the huge page pool")
                    + (most > ceiling.bytes ? "; at most \(MiB(ceiling.bytes)): \(ceiling.reason)" : ""))
        }
        if guest > MemoryCeiling.usual {
            notes.warn(
                .memory, "the guest gets more than \(MiB(MemoryCeiling.usual)), and macOS was never tried with that much",
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

    /// The size of a guest in pages of 1 GiB: what is configured when they hold it, or all that they hold when that is more than the
    /// guest would get otherwise; nil for none. Linux and QEMU need memory beside them.
    private static func gigantic(
        _ configuration: Configuration, _ supply: MemorySupply, vcpus: Int, floor: Int, otherwise: Int
    ) -> Int? {
        guard configuration.guest.accelerator == .kvm, configuration.guest.hugepages != .off, supply.giganticPages > 0 else { return nil }
        let pool = supply.giganticPages * gibibyte
        let reserve = Reserve()
        let beside = max(0, supply.usable(withPool: false).bytes - reserve.fixed(vcpus: vcpus))
        let cap = min(pool, beside * reserve.pageTableDivisor / gibibyte * gibibyte)
        if let wanted = configuration.guest.memory { return wanted % gibibyte == 0 && wanted > 0 && wanted <= cap ? wanted : nil }
        return cap >= floor && cap > otherwise ? cap : nil
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

/// Whether the guest's memory comes from the kernel's pool of 2 MiB pages.
///
/// Huge pages shorten the walk through two levels of page tables; transparent huge pages do so without a reservation. A guest of plain
/// memory cannot use the pages of the pool, and a guest of huge pages gets no others.
struct MemoryPages {
    let configuration: Configuration
    let facts: HostFacts
    let supply: MemorySupply
    let vcpus: Int
    let prepared: Bool

    struct Pool: Equatable {
        var reason: String
        /// The largest guest that the pool holds, in bytes, where that is what bounds it.
        var cap: Int?
    }

    /// The largest guest, however much memory there is.
    var ceiling: MemoryCeiling { MemoryCeiling(configuration, facts) }

    private var transparent: Bool { ["always", "madvise"].contains(facts.memory.transparentHugepages) }
    private func largest(withPool: Bool) -> Int {
        min(MemorySizing.Reserve().largestGuest(in: supply.usable(withPool: withPool).bytes, vcpus: vcpus), ceiling.bytes)
    }
    /// What a guest of huge pages would get: what was configured, or all that is there.
    private var wanted: Int {
        configuration.guest.memory.map { $0 / MemorySizing.hugepage * MemorySizing.hugepage } ?? largest(withPool: true)
    }

    /// nil for plain memory.
    func fromPool() -> Pool? {
        guard configuration.guest.accelerator == .kvm, configuration.guest.hugepages != .off, let pool = supply.pool else { return nil }
        let pages = wanted / MemorySizing.hugepage
        if pool.free > 0, pool.free >= pages { return Pool(reason: "\(pages) pages are free in the pool") }
        if let cap = capped() { return Pool(reason: "\(cap / MemorySizing.hugepage) pages are free in the pool", cap: cap) }
        if prepared || configuration.guest.hugepages == .auto && transparent { return nil }
        return Pool(reason: "the pool will be grown by \(pages - pool.free) pages, if the kernel finds them")
    }

    /// The size of a guest that shrinks to what the pool holds.
    ///
    /// Between the reservation and the second look the kernel may have found some more memory, and somebody else may have reserved the
    /// pool on purpose: as long as plain memory would not give the guest more, it takes the pool.
    private func capped() -> Int? {
        guard configuration.guest.memory == nil else { return nil }
        let cap = min(supply.poolBytes / MemorySizing.granule * MemorySizing.granule, wanted)
        let isPreferred = prepared || configuration.guest.hugepages == .auto && transparent
        guard isPreferred, cap >= MemorySizing.floor(configuration.guest.macOS), cap >= largest(withPool: false) else { return nil }
        return cap
    }

    /// Why memory is plain, and a warning when huge pages were wanted.
    func plain(guest: Int) -> (reason: String, warning: (message: String, remedy: String)?) {
        if configuration.guest.accelerator == .tcg { return ("emulation does not walk nested page tables", nil) }
        if configuration.guest.hugepages == .off { return ("guest.hugepages is off", nil) }
        guard let pool = supply.pool else {
            let warning = ("guest.hugepages is on, but this kernel has no 2 MiB pages", "leave guest.hugepages out")
            return ("this kernel has no 2 MiB pages", configuration.guest.hugepages == .on ? warning : nil)
        }
        if configuration.guest.hugepages == .auto, transparent {
            let unused = pool.free > 0 ? "; \(pool.free) pages of the pool stay unused, since plain memory is larger" : ""
            return ("transparent huge pages are on (\(facts.memory.transparentHugepages ?? "")), nothing to reserve" + unused, nil)
        }
        let pages = guest / MemorySizing.hugepage
        let reason = "only \(pool.free) of \(pages) huge pages could be reserved"
        return (
            reason,
            (
                reason + ": memory is fragmented or too small",
                "reserve them at boot with hugepages=\(pages) on the kernel command line, or set guest.hugepages to off"
            )
        )
    }
}

/// The memory that a guest can have. Every number is bounded: the facts may come from a file.
struct MemorySupply: Equatable, Sendable {
    struct Usable: Equatable, Sendable {
        var bytes: Int
        var text: String
    }

    /// The 2 MiB pool, in pages; nil when the kernel has none.
    let pool: HugepageFacts?
    /// Free pages of the 1 GiB pool.
    let giganticPages: Int
    private let available: Int
    private let total: Int
    private let cgroup: (limit: Int, left: Int)?

    /// 1 PiB: no machine has more, and sums of several such numbers stay far from overflow.
    private static let limit = 1 << 50

    init(_ facts: HostFacts) {
        func bounded(_ bytes: Int) -> Int { max(0, min(bytes, Self.limit)) }
        func pages(_ count: Int) -> Int { max(0, min(count, Self.limit / MemorySizing.hugepage)) }
        available = bounded(facts.memory.available)
        total = bounded(facts.memory.total)
        pool = facts.memory.hugepages.map { HugepageFacts(total: pages($0.total), free: pages(min($0.free, $0.total))) }
        giganticPages = facts.memory.gigantic.map { max(0, min($0.free, $0.total, Self.limit / MemorySizing.gibibyte)) } ?? 0
        cgroup = facts.cgroup.memoryLimit.map { limit in
            (bounded(limit), max(0, bounded(limit) - bounded(facts.cgroup.memoryUsed ?? 0)))
        }
    }

    /// Free pages of the pool, in bytes.
    var poolBytes: Int { (pool?.free ?? 0) * MemorySizing.hugepage }

    /// Pages that are in the pool count as used: a guest has them only when it takes its memory from there.
    func usable(withPool: Bool) -> Usable {
        let taken = withPool ? poolBytes : 0
        let text = "\(MiB(available)) available of \(MiB(total))"
        let machine = Usable(bytes: available + taken, text: taken > 0 ? "\(text), and \(MiB(taken)) in the huge page pool" : text)
        guard let cgroup, cgroup.left < machine.bytes else { return machine }
        return Usable(bytes: cgroup.left, text: "\(MiB(cgroup.left)) left in the cgroup's limit of \(MiB(cgroup.limit))")
    }

    static func == (a: Self, b: Self) -> Bool {
        a.pool == b.pool && a.giganticPages == b.giganticPages && a.available == b.available && a.total == b.total
            && a.cgroup?.limit == b.cgroup?.limit
            && a.cgroup?.left == b.cgroup?.left
    }
}
