import BootSettings
import QemuArgs

/// Whether the guest's memory comes from the kernel's pool of 2 MiB pages.
///
/// Huge pages shorten the walk through two levels of page tables; transparent ones do so without a reservation. The pool cannot be
/// had both ways: its pages are lost to a guest of plain memory, and a guest of huge pages gets no others.
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
        return Pool(reason: "the pool will be grown by \(pages - pool.free) pages, if they can be had")
    }

    /// A guest that shrinks to what is in the pool.
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

    /// Why memory is plain, and a warning when that is not what was meant.
    func plain(guest: Int) -> (reason: String, warning: (message: String, remedy: String)?) {
        if configuration.guest.accelerator == .tcg { return ("emulation does not walk nested page tables", nil) }
        if configuration.guest.hugepages == .off { return ("guest.hugepages is off", nil) }
        guard let pool = supply.pool else {
            let warning = ("guest.hugepages is on, but this kernel has no 2 MiB pages", "leave guest.hugepages out")
            return ("this kernel has no 2 MiB pages", configuration.guest.hugepages == .on ? warning : nil)
        }
        if configuration.guest.hugepages == .auto, transparent {
            let unused = pool.free > 0 ? "; \(pool.free) pages of the pool stay unused, plain memory is more" : ""
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
