import LinuxSupport
import QMP

/// What the guest's disks have carried out, as QEMU tells when it is asked; who wants to know waits for its answer, but not long.
struct DiskFigures {
    private(set) var disks: [BlockStatistics] = []
    private var asked: (number: Int, until: ContinuousClock.Instant)?
    private var taken: ContinuousClock.Instant?

    /// QEMU answers from its main loop, which a slow disk can hold up.
    private static let patience = Duration.milliseconds(500)
    /// Figures of this age are good enough.
    private static let age = Duration.milliseconds(100)

    /// When to stop waiting; nil when nothing is waited for.
    var deadline: ContinuousClock.Instant? { asked?.until }

    /// Whether QEMU should be asked.
    func areOld(at now: ContinuousClock.Instant = .now) -> Bool { asked == nil && (taken.map { now - $0 > Self.age } ?? true) }

    /// - Parameter number: of the request that was sent.
    mutating func wait(for number: Int, at now: ContinuousClock.Instant = .now) { asked = (number, now + Self.patience) }

    /// Takes an answer if it is the one that is waited for.
    mutating func take(_ number: Int, _ answer: JSONText?) {
        guard number == asked?.number else { return }
        (asked, taken) = (nil, .now)
        guard let answer else { return }
        do {
            // Drives without a device are QEMU's own.
            disks = try Command<[BlockStatistics]>.queryBlockStatistics.answer(answer).filter { $0.device != nil }
        } catch {
            disks = []
        }
    }

    /// What was asked for is not waited for any more.
    mutating func giveUp() { asked = nil }

    /// There is no QEMU any more.
    mutating func forget() { (disks, asked, taken) = ([], nil, nil) }
}

extension BlockStatistics {
    /// The name of a disk for people: the id that its device has on QEMU's command line, `system`.
    var label: String {
        // The device's id, or its place in QEMU's tree of objects: /machine/peripheral/ID, and virtio's part below it.
        let parts = (device ?? "").split(separator: "/")
        if let index = parts.firstIndex(of: "peripheral"), index + 1 < parts.count { return String(parts[index + 1]) }
        if let last = parts.last, last != "virtio-backend" { return String(last) }
        return name
    }
}
