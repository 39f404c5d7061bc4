import Foundation
import Testing

@testable import BootSettings
@testable import Booter
@testable import DiskFormats

struct SeedChoiceTests {
    private func choose(_ path: String?, _ fact: SeedFact? = nil) -> (choice: SeedChoice?, notes: PlanNotes) {
        var facts = Sample.facts
        facts.files.seed = fact
        let (choice, notes) = Sample.notes { SeedChoice.choose(.with { $0.guest.seed = path }, facts, &$0) }
        return (choice, notes)
    }

    @Test func whatIsTaken() {
        #expect(choose(nil).choice == SeedChoice())
        #expect(choose("/dev/vdc", SeedFact()).choice?.path == "/dev/vdc")
        let made = choose("/seed", SeedFact(files: ["user-data": 1 << 20, "meta-data": 0, "tools.pkg": 8 << 20])).choice
        #expect(made?.source == .directory("/seed", image: "/run/macos-virt/seed.iso"))
    }

    @Test func whatIsRefused() {
        for (fact, exit, words) in [
            (nil, 66, "does not exist"), (SeedFact(files: [:]), 65, "no file user-data"),
            (SeedFact(files: ["user-data": 1 << 20 | 1]), 65, "user-data is larger than 1 MiB"),
            (SeedFact(files: ["user-data": 1, "a": 16 << 20]), 65, "larger than 16 MiB together"),
            (SeedFact(files: ["user-data": .max, "a": .max]), 65, "larger"), (SeedFact(files: ["user-data": -1]), 65, "larger"),
            (SeedFact(problem: "it is empty, or cannot be read"), 65, "it is empty"),
        ] as [(SeedFact?, Int32, String)] {
            let (choice, notes) = choose("/seed", fact)
            #expect(choice == nil && notes.refusal?.exitCode == exit && notes.refusal?.message.contains(words) == true, "\(words)")
            #expect(notes.refusal?.remedy != nil)
        }
    }

    /// A directory as the volume of a Kubernetes ConfigMap: links to hidden directories.
    @Test func whatTheProbeFinds() throws {
        let host = try SavedHost(name: "gce-n2").machine()
        try host.write("#cloud-config\n", to: "/seed/..data/user-data")
        try host.write("x", to: "/seed/more/inside")
        try FileManager.default.createSymbolicLink(
            atPath: host.directory.path + "/seed/user-data", withDestinationPath: "..data/user-data")
        try host.write("", to: "/empty")
        try host.write(String(decoding: [0x1f, 0x8b], as: UTF8.self), to: "/text")
        func fact(_ path: String) throws -> SeedFact? {
            try LiveMachine(.with { $0.guest.seed = path }, root: host.root).facts().files.seed
        }
        #expect(try fact("/seed") == SeedFact(files: ["user-data": 14]))
        #expect(try fact("/nonexistent") == nil && fact("/empty")?.problem != nil)
        try Data(SeedDisk(["user-data": [1]]).image()).write(to: URL(filePath: host.directory.path + "/seed.iso"))
        #expect(try fact("/seed.iso") == SeedFact())
        try Data([0x1f, 0x8b, 8, 0]).write(to: URL(filePath: host.directory.path + "/seed.iso.gz"))
        #expect(try fact("/seed.iso.gz")?.problem == "it is no raw disk image but a gzip archive")
    }

    /// QEMU cannot write to it, and no firmware starts from it; the start makes it and the end removes it.
    @Test func itIsADiskOfItsOwn() throws {
        var facts = Sample.facts
        facts.files.seed = SeedFact(files: ["user-data": 10])
        let plan = Planner(configuration: .with { $0.guest.seed = "/etc/seed" }, facts: facts).plan()
        let argv = try #require(plan.qemu?.argv)
        #expect(argv.contains("id=seed-drive,if=none,format=raw,readonly=on,file=/run/macos-virt/seed.iso"))
        #expect(argv.contains("virtio-blk-pci,id=seed,addr=0x8,drive=seed-drive"))
        #expect(plan.steps.contains(.makeSeed(from: "/etc/seed", to: "/run/macos-virt/seed.iso")))
        facts.files.seed = nil
        let refused = Planner(configuration: .with { $0.guest.seed = "/etc/seed" }, facts: facts).plan()
        #expect(refused.qemu == nil && refused.draft?.missing == ["seed"])
    }
}
