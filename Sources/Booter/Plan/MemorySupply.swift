/// What memory there is for a guest, with every number brought into bounds: they may come from a file.
struct MemorySupply: Equatable, Sendable {
    struct Usable: Equatable, Sendable {
        var bytes: Int
        var text: String
    }

    /// The 2 MiB pool, in pages; nil when the kernel has none.
    let pool: HugepageFacts?
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
        a.pool == b.pool && a.available == b.available && a.total == b.total && a.cgroup?.limit == b.cgroup?.limit
            && a.cgroup?.left == b.cgroup?.left
    }
}
