import QemuArgs
import Testing

@testable import BootSettings
@testable import Booter

struct MemorySizingTests {
    private static let gib = 1 << 30

    private func choose(
        available: Int = 15 << 30, pool: HugepageFacts? = HugepageFacts(total: 0, free: 0), transparent: String? = "never",
        cgroup: CgroupFacts = CgroupFacts(), prepared: Bool = false, gigantic: HugepageFacts? = nil,
        _ change: (inout Configuration) -> Void = { _ in }
    ) -> (sizing: MemorySizing?, notes: PlanNotes, step: Step?) {
        var facts = Sample.facts
        facts.memory = MemoryFacts(total: 16 << 30, available: available, swapFree: 0, hugepages: pool, transparentHugepages: transparent)
        facts.memory.gigantic = gigantic
        facts.cgroup = cgroup
        let (sizing, notes) = Sample.notes { notes in
            MemorySizing.choose(.with(change), facts, vcpus: 4, prepared: prepared, &notes)
        }
        #expect((sizing == nil) == (notes.refusal != nil))
        return (sizing, notes, sizing?.step(facts))
    }

    /// 128 MiB for Linux, 144 for QEMU, 4 for each vCPU, a 256th of the guest for page tables; in steps of 16 MiB.
    @Test func theReserveIsWhatItSays() {
        let (sizing, notes, _) = choose(transparent: "always")
        // (15360 - 288) x 256 / 257 = 15013, in whole 16s: 15008.
        #expect(sizing == MemorySizing(guestBytes: 15008 << 20, backing: .plain))
        #expect(
            notes.reason("memory")
                == "15360 MiB available of 16384 MiB, less 128 MiB for Linux, 144 MiB for QEMU, 16 MiB for vCPUs, 59 MiB for page tables")
    }

    @Test(arguments: [(MacOSRelease.catalina, 2048), (.bigSur, 4096), (.tahoe, 4096)])
    func tooLittleSaysHowMuchIsMissing(release: MacOSRelease, floor: Int) {
        let (sizing, notes, _) = choose(available: 1 << 30) { $0.guest.macOS = release }
        #expect(sizing == nil)
        let missing = floor + floor / 256 + 288 - 1024
        #expect(
            notes.refusal?.message
                == "1024 MiB available of 16384 MiB leave 720 MiB for the guest, and macOS \(release.rawValue) needs \(floor) MiB: "
                + "\(missing) MiB are missing")
        #expect(notes.refusal?.remedy == "give this machine \(missing) MiB more memory, or set guest.memory to try with less")
        #expect(notes.refusal?.exitCode == 69)
    }

    @Test func theCgroupBindsWhenItIsTighter() {
        let tight = choose(transparent: "always", cgroup: CgroupFacts(memoryLimit: 8 << 30, memoryUsed: 200 << 20))
        #expect(tight.sizing?.guestBytes == 7664 << 20)
        #expect(tight.notes.reason("memory")?.hasPrefix("7992 MiB left in the cgroup's limit of 8192 MiB, less ") == true)
        let loose = choose(transparent: "always", cgroup: CgroupFacts(memoryLimit: 1 << 40, memoryUsed: 0))
        #expect(loose.sizing?.guestBytes == 15008 << 20)
        let full = choose(cgroup: CgroupFacts(memoryLimit: 8 << 30, memoryUsed: 9 << 30))
        #expect(full.notes.refusal?.message.hasPrefix("0 MiB left in the cgroup's limit of 8192 MiB leave 0 MiB") == true)
    }

    @Test func explicitSizes() {
        func explicit(_ mib: Int) -> (sizing: MemorySizing?, notes: PlanNotes, step: Step?) {
            choose(transparent: "always") { $0.guest.memory = mib << 20 }
        }
        let fits = explicit(8192)
        #expect(fits.sizing?.guestBytes == 8192 << 20 && fits.notes.warnings.isEmpty)
        #expect(fits.notes.reason("memory") == "configured; 15008 MiB would fit into 15360 MiB available of 16384 MiB")
        // QEMU wants whole huge pages.
        #expect(explicit(8193).sizing?.guestBytes == 8192 << 20)

        let little = explicit(2048)
        #expect(little.sizing?.guestBytes == 2048 << 20)
        #expect(little.notes.warnings == ["guest.memory is 2048 MiB; macOS 26 needs 4096 MiB"])

        let tight = explicit(15100)
        #expect(tight.sizing?.guestBytes == 15100 << 20)
        #expect(tight.notes.warnings == ["guest.memory is 15100 MiB; more than 15008 MiB leaves Linux and QEMU too little"])

        let much = explicit(20000)
        #expect(much.sizing == nil)
        #expect(
            much.notes.refusal?.message == "guest.memory is 20000 MiB, with 15360 MiB available of 16384 MiB: 4640 MiB are missing")
        #expect(much.notes.refusal?.remedy == "set guest.memory to at most 15008 MiB, or leave it out")
    }

    @Test(arguments: ["always", "madvise"])
    func transparentPagesNeedNoReservation(transparent: String) {
        let auto = choose(transparent: transparent)
        #expect(auto.sizing?.backing == .plain && auto.step == nil)
        #expect(auto.notes.reason("memory pages") == "transparent huge pages are on (\(transparent)), nothing to reserve")
        let on = choose(transparent: transparent) { $0.guest.hugepages = .on }
        #expect(on.sizing?.backing == .hugepages && on.step == .reserveHugepages(pages: 15008 / 2))
    }

    @Test func offAndEmulationAndOldKernels() {
        let off = choose { $0.guest.hugepages = .off }
        #expect(off.sizing?.backing == .plain && off.notes.reason("memory pages") == "guest.hugepages is off")
        #expect(choose { $0.guest.accelerator = .tcg }.sizing?.backing == .plain)
        #expect(choose(pool: nil).notes.warnings.isEmpty)
        let on = choose(pool: nil) { $0.guest.hugepages = .on }
        #expect(on.sizing?.backing == .plain)
        #expect(on.notes.warnings == ["guest.hugepages is on, but this kernel has no 2 MiB pages"])
    }

    @Test func theReservationIsPlannedFirst() {
        let first = choose()
        #expect(first.sizing == MemorySizing(guestBytes: 15008 << 20, backing: .hugepages))
        #expect(first.step == .reserveHugepages(pages: 7504))
        #expect(first.notes.reason("memory pages") == "the pool will be grown by 7504 pages, if the kernel finds them")
        // Pages of somebody else in the pool stay his; free ones count.
        let shared = choose(pool: HugepageFacts(total: 100, free: 40))
        #expect(shared.step == .reserveHugepages(pages: 100 + (shared.sizing?.guestBytes ?? 0) / (2 << 20) - 40))
    }

    @Test func theReservationIsFound() {
        // 7504 pages are taken from what was available.
        let second = choose(available: 15360 << 20 - 7504 << 21, pool: HugepageFacts(total: 7504, free: 7504), prepared: true)
        #expect(second.sizing == MemorySizing(guestBytes: 15008 << 20, backing: .hugepages) && second.step == nil)
        #expect(second.notes.warnings.isEmpty)
    }

    /// The kernel freed some memory in between: a guest a little larger than the pool would get no page of it.
    @Test func theReservationIsNotLostForAFewMiB() {
        let second = choose(available: (15360 + 100) << 20 - 7504 << 21, pool: HugepageFacts(total: 7504, free: 7504), prepared: true)
        #expect(second.sizing == MemorySizing(guestBytes: 15008 << 20, backing: .hugepages))
        #expect(second.notes.reason("memory pages") == "7504 pages are free in the pool")
        let less = choose(available: (15360 - 100) << 20 - 7504 << 21, pool: HugepageFacts(total: 7504, free: 7504), prepared: true)
        #expect(less.sizing?.backing == .hugepages && less.sizing.map { $0.guestBytes < 15008 << 20 } == true)
    }

    @Test func aFailedReservationFallsBack() {
        let second = choose(pool: HugepageFacts(total: 10, free: 10), prepared: true)
        // 20 MiB are in the pool, and plain memory has nothing of them.
        #expect(second.sizing == MemorySizing(guestBytes: 15008 << 20, backing: .plain) && second.step == nil)
        #expect(
            second.notes.warnings == ["only 10 of 7504 huge pages could be reserved: memory is fragmented or too small"])
        #expect(
            second.notes.findings.first?.remedy
                == "reserve them at boot with hugepages=7504 on the kernel command line, or set guest.hugepages to off")
    }

    /// Memory in the pool is lost to a guest of plain memory: giving it away twice would end in the OOM killer's hands.
    @Test func thePoolIsNotCountedAsPlainMemory() {
        let plain = choose(available: 40 << 30, pool: HugepageFacts(total: 8192, free: 8192), transparent: "always")
        #expect(plain.sizing?.backing == .plain && plain.sizing.map { $0.guestBytes < 40 << 30 } == true)
        #expect(plain.notes.reason("memory pages")?.hasSuffix("; 8192 pages of the pool stay unused, since plain memory is larger") == true)
        // A pool that somebody made for the guest: more than plain memory could give.
        let pool = choose(available: 2 << 30, pool: HugepageFacts(total: 7000, free: 7000), transparent: "always")
        #expect(pool.sizing == MemorySizing(guestBytes: 7000 << 21, backing: .hugepages) && pool.step == nil)
        // One that is too small for any guest does not help.
        #expect(choose(available: 2 << 30, pool: HugepageFacts(total: 500, free: 500), transparent: "always").sizing == nil)
    }

    /// hugepagesz=1G hugepages=118 of 128 GiB: 6 GiB are left for all else.
    @Test func pagesOfOneGiB() {
        let pool = HugepageFacts(total: 118, free: 118)
        let all = choose(available: 6 << 30, gigantic: pool)
        #expect(all.sizing == MemorySizing(guestBytes: 118 << 30, backing: .gigantic) && all.step == nil)
        #expect(all.notes.reason("memory pages") == "118 pages are free in the pool" && all.notes.warnings.isEmpty)
        let explicit = choose(available: 6 << 30, gigantic: pool) { $0.guest.memory = 64 << 30 }
        #expect(explicit.sizing == MemorySizing(guestBytes: 64 << 30, backing: .gigantic))
        // Linux, QEMU and the page tables need plain memory: 512 MiB less 288 are enough for 56 GiB.
        #expect(choose(available: 512 << 20, gigantic: pool).sizing == MemorySizing(guestBytes: 56 << 30, backing: .gigantic))
        // Those that are not used are mentioned.
        for (free, change) in [
            (118, { $0.guest.memory = 4097 << 20 }), (118, { $0.guest.hugepages = .off }), (2, { _ in }),
        ] as [(Int, (inout Configuration) -> Void)] {
            let other = choose(transparent: "always", gigantic: HugepageFacts(total: 118, free: free), change)
            #expect(other.sizing?.backing == .plain)
            #expect(other.notes.warnings == ["\(free) free pages of 1 GiB are reserved, and the guest does not use them"])
        }
        #expect(choose(transparent: "always", gigantic: HugepageFacts(total: 118, free: 0)).notes.warnings.isEmpty)
    }

    @Test func anExplicitSizeTakesThePoolWhenItFits() {
        func explicit(_ mib: Int, _ prepared: Bool) -> MemorySizing? {
            choose(pool: HugepageFacts(total: 3000, free: 3000), transparent: "always", prepared: prepared) { $0.guest.memory = mib << 20 }
                .sizing
        }
        #expect(explicit(6000, false) == MemorySizing(guestBytes: 6000 << 20, backing: .hugepages))
        #expect(explicit(6002, false) == MemorySizing(guestBytes: 6002 << 20, backing: .plain))
        #expect(explicit(6000, true)?.backing == .hugepages)
    }

    @Test(arguments: [(0, "0 MiB"), (1, "1 MiB"), (1 << 20, "1 MiB"), (1 << 20 + 1, "2 MiB"), (Int.max, "8796093022208 MiB")])
    func roundedUp(bytes: Int, text: String) {
        #expect(MiB(bytes).description == text)
    }
}
