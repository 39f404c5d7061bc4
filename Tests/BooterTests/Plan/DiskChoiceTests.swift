import Testing

@testable import BootSettings
@testable import Booter
@testable import DiskFormats

/// Which disk the guest gets: the wrong one would be lost.
struct DiskChoiceTests {
    private let apple = [Partition(kind: .apfs, label: "Macintosh HD", size: 63 << 30, uuid: nil)]
    private let linux = [Partition(kind: .linux, label: "root", size: 63 << 30, uuid: "aaaaaaaa-0000-4000-8000-000000000001")]

    private func choose(
        _ disks: [DiskFacts], device: DiskSelector? = nil, commandLine: String = "", boot: [String] = [], overwrite: Bool = false
    ) -> (name: String?, notes: PlanNotes) {
        var facts = Sample.facts
        facts.disks = disks
        facts.kernel.commandLine = commandLine
        facts.kernel.bootPartitions = boot
        let (disk, notes) = Sample.notes {
            DiskChoice.choose(.with { ($0.disk.device, $0.disk.overwrite) = (device, overwrite) }, facts, &$0)
        }
        #expect((disk == nil) == (notes.refusal != nil))
        if let refusal = notes.refusal { #expect(refusal.exitCode == 66 && refusal.area == .disk) }
        return (disk?.name, notes)
    }

    @Test func sdbIsTheDefault() {
        #expect(choose([Sample.disk("sda", linux), Sample.disk("sdb", apple)]).name == "sdb")
        // A blank one, to install on.
        let (name, notes) = choose([Sample.disk("sda", linux), Sample.disk("sdb", [])])
        #expect(name == "sdb" && notes.warnings.isEmpty)
        #expect(notes.reason("disk") == "/dev/sdb is the default: 64 GiB, serial serial-sdb, no partition table")
    }

    @Test func aForeignDefaultIsDoubted() throws {
        let (name, notes) = choose([Sample.disk("sdb", linux)])
        #expect(name == "sdb")
        #expect(
            notes.warnings == [
                "/dev/sdb carries no Apple partition (64 GiB, serial serial-sdb, Linux): is it the right disk?"
            ])
    }

    @Test func swappedNamesAreSeenThrough() {
        let (name, notes) = choose([Sample.disk("sda", apple), Sample.disk("sdb", linux)])
        #expect(name == "sda")
        #expect(
            notes.reason("disk")
                == "/dev/sdb carries no Apple partition, and this is the only free disk with an Apple partition: 64 GiB, serial serial-sda, APFS"
        )
        // And without any sdb.
        #expect(choose([Sample.disk("nvme0n1", linux), Sample.disk("nvme1n1", apple)]).name == "nvme1n1")
    }

    @Test func twoAppleDisksAreOneTooMany() throws {
        #expect(choose([Sample.disk("sda", apple), Sample.disk("sdb", apple)]).name == "sdb")
        let without = choose([Sample.disk("sda", apple), Sample.disk("sdc", apple)])
        #expect(without.name == nil)
        #expect(
            without.notes.refusal?.message.hasPrefix("there is no /dev/sdb, and 2 other disks carry Apple partitions; disks seen: ") == true
        )
        #expect(choose([Sample.disk("sda", apple), Sample.disk("sdb", linux), Sample.disk("sdc", apple)]).name == nil)
        // One of two that is in use is not in question.
        var used = Sample.disk("sda", apple)
        used.mounts = ["/mnt"]
        #expect(choose([used, Sample.disk("sdc", apple)]).name == "sdc")
    }

    @Test func noDiskIsNamedAsSuch() {
        #expect(choose([]).notes.refusal?.message.hasSuffix("; no disks were seen") == true)
        let none = choose([Sample.disk("sda", linux)])
        #expect(none.notes.refusal?.message.hasPrefix("there is no /dev/sdb, and no disk that is free carries an Apple partition") == true)
    }

    struct Objection: Sendable, CustomTestStringConvertible {
        var words: String
        var change: @Sendable (inout DiskFacts) -> Void
        var testDescription: String { words }
    }
    @Test(arguments: [
        Objection(words: "it is in use at /mnt, swap") { $0.mounts = ["/mnt", "swap"] },
        Objection(words: "dm-0, md127 is built on it") { $0.holders = ["dm-0", "md127"] },
        Objection(words: "it is read-only") { $0.readOnly = true },
        Objection(words: "it cannot be read: Input/output error") { $0.readError = "Input/output error" },
        Objection(words: "it has 31 MiB, less than disk.minimum, 32 MiB") { $0.size = 31 << 20 },
        Objection(words: "it has 0 bytes, less than disk.minimum, 32 MiB") { $0.size = 0 },
    ])
    func objections(objection: Objection) throws {
        for device in [nil, DiskSelector.path("/dev/sdb")] {
            var disk = Sample.disk("sdb", apple)
            objection.change(&disk)
            let message = try #require(choose([disk], device: device).notes.refusal?.message)
            #expect(message.hasPrefix("/dev/sdb cannot be the guest's disk: \(objection.words); disks seen: /dev/sdb ("))
        }
    }

    struct Root: Sendable {
        var disk: String
        var word: String
        var isBooted: Bool
    }
    @Test(arguments: [
        Root(disk: "sdb", word: "root=/dev/sdb", isBooted: true), Root(disk: "sdb", word: "root=/dev/sdb3", isBooted: true),
        Root(disk: "sdb", word: "root=/dev/sdb12", isBooted: true), Root(disk: "sdb", word: "root=/dev/sdba1", isBooted: false),
        Root(disk: "sdb", word: "root=/dev/sda1", isBooted: false), Root(disk: "nvme0n1", word: "root=/dev/nvme0n1p3", isBooted: true),
        Root(disk: "nvme0n1", word: "root=/dev/nvme0n1", isBooted: true),
        Root(disk: "nvme0n1", word: "root=/dev/nvme0n12", isBooted: false),
        Root(disk: "nvme0n1", word: "root=/dev/nvme0n1p", isBooted: false),
        Root(disk: "mmcblk0", word: "root=/dev/mmcblk0p2", isBooted: true),
        Root(disk: "sdb", word: "root=PARTUUID=AAAAAAAA-0000-4000-8000-000000000001", isBooted: true),
        Root(disk: "sdb", word: "root=PARTUUID=aaaaaaaa-0000-4000-8000-000000000001/PARTNROFF=1", isBooted: true),
        Root(disk: "sdb", word: "root=PARTUUID=bbbbbbbb-0000-4000-8000-000000000001", isBooted: false),
        Root(disk: "sdb", word: "root=PARTLABEL=root", isBooted: true), Root(disk: "sdb", word: "root=PARTLABEL=roo", isBooted: false),
        Root(disk: "sdb", word: "root=/dev/disk/by-id/ata-sdb-part2", isBooted: true),
        Root(disk: "sdb", word: "root=/dev/disk/by-id/ata-sdb2", isBooted: false),
        Root(disk: "sdb", word: "root=UUID=aaaaaaaa-0000-4000-8000-000000000001", isBooted: false),
        Root(disk: "sdb", word: "notroot=/dev/sdb1", isBooted: false),
    ])
    func theRootOfThisLinux(root: Root) {
        let disk = Sample.disk(root.disk, linux)
        let (name, notes) = choose([disk], device: .path("/dev/" + root.disk), commandLine: "quiet \(root.word) ro")
        #expect((name == nil) == root.isBooted, "\(root.word)")
        if root.isBooted { #expect(notes.refusal?.message.contains("this Linux was started from it (\(root.word))") == true) }
    }

    @Test func theBootPartitionOfUEFI() {
        let (name, notes) = choose([Sample.disk("sdb", linux)], boot: ["AAAAAAAA-0000-4000-8000-000000000001"])
        #expect(name == nil)
        #expect(notes.refusal?.message.contains("started from it (partition AAAAAAAA-0000-4000-8000-000000000001)") == true)
        #expect(choose([Sample.disk("sdb", linux)], boot: ["bbbbbbbb-0000-4000-8000-000000000001"]).name == "sdb")
    }

    @Test(
        arguments: [
            (.path("/dev/sdc"), "sdc"), (.path("/dev/disk/by-id/ata-sdc"), "sdc"), (.serial("serial-sdc"), "sdc"),
            (.label("Macintosh HD"), "sda"), (.path("/dev/sdx"), nil), (.serial("serial"), nil), (.label("macintosh hd"), nil),
        ] as [(DiskSelector, String?)])
    func configured(device: DiskSelector, name: String?) {
        #expect(choose([Sample.disk("sda", apple), Sample.disk("sdb", []), Sample.disk("sdc", linux)], device: device).name == name)
    }

    @Test func configuredInVain() {
        let disks = [Sample.disk("sda", apple), Sample.disk("sdb", apple)]
        let missing = choose(disks, device: .path("/dev/sdx")).notes.refusal?.message
        #expect(missing?.hasPrefix("disk.device is /dev/sdx, which is not there; disks seen: /dev/sda (64 GiB, ") == true)
        let both = choose(disks, device: .label("Macintosh HD")).notes.refusal?.message
        #expect(both?.hasPrefix("2 disks with a partition named Macintosh HD; disks seen: ") == true)
        let none = choose(disks, device: .serial("x")).notes.refusal?.message
        #expect(none?.hasPrefix("no disk with serial number x; disks seen: ") == true)
    }

    /// The guest sees 512-byte blocks whatever the disk has: what counts is how the partition table counts.
    @Test func largeBlocksAreWarnedOf() {
        var disk = Sample.disk("sdb", apple)
        for size in [512, 4096] {
            disk.logicalBlockSize = size
            disk.table?.blockSize = nil
            #expect(choose([disk]).notes.warnings.isEmpty)
            disk.table?.blockSize = 4096
            let (name, notes) = choose([disk])
            #expect(name == "sdb" && notes.warnings.count == 1)
            #expect(notes.warnings.first?.hasPrefix("the partition table of /dev/sdb counts in 4096-byte blocks") == true)
        }
    }

    @Test func otherDataIsNotGivenAway() throws {
        var btrfs = Sample.disk("sdb", [])
        btrfs.table = PartitionTable(scheme: .none, partitions: [Partition(kind: .linux, label: "Btrfs", size: 1 << 30)])
        var array = Sample.disk("sdb", apple)
        array.table?.member = "Intel RAID member"
        for (disk, name) in [(btrfs, "Btrfs"), (array, "Intel RAID member")] {
            for device in [nil, DiskSelector.path("/dev/sdb"), .serial("serial-sdb")] {
                let refusal = try #require(choose([disk], device: device).notes.refusal)
                #expect(refusal.message.hasPrefix("/dev/sdb cannot be the guest's disk: it holds other data (\(name)); disks seen: "))
                #expect(refusal.remedy?.contains("disk.overwrite") == true)
                // Consent alone is not enough: it is for one disk, which has to be named.
                let consent = choose([disk], device: device, overwrite: true)
                #expect((consent.name == "sdb") == (device != nil))
                if device != nil { #expect(consent.notes.warnings.first?.hasPrefix("/dev/sdb holds \(name), which") == true) }
            }
        }
        // It does not stand in the way of the disk with macOS.
        #expect(choose([Sample.disk("sda", apple), btrfs]).name == "sda")
        var hfs = btrfs
        hfs.table?.partitions = [Partition(kind: .hfsPlus, label: "HFS+", size: 1 << 30)]
        #expect(choose([hfs]).name == "sdb")
    }

    @Test func whatIsNoWholeDiskIsNamed() throws {
        func node(_ node: DiskFacts.Node, _ path: String, parent: String? = nil) -> DiskFacts {
            var facts = Sample.disk(path, [])
            (facts.node, facts.parent) = (node, parent)
            return facts
        }
        let partition = try #require(choose([node(.partition, "/dev/sdb1", parent: "sdb")], device: .path("/dev/sdb1")).notes.refusal)
        #expect(partition.message.hasPrefix("/dev/sdb1 cannot be the guest's disk: it is a partition of /dev/sdb"))
        #expect(partition.remedy == "name the whole disk, /dev/sdb")
        let directory = try #require(choose([node(.directory, "/macos")], device: .path("/macos")).notes.refusal)
        #expect(directory.message.hasPrefix("/macos cannot be the guest's disk: it is a directory"))
        #expect(choose([node(.file, "/macos/disk.img")], device: .path("/macos/disk.img")).name == "/macos/disk.img")
    }

    @Test(arguments: [
        (0, "0 bytes"), (1023, "1023 bytes"), (1 << 20, "1 MiB"), (3 << 29, "1.5 GiB"), (64 << 30, "64 GiB"), (5 << 38, "1.2 TiB"),
        (Int.max, "8388607.9 TiB"), (-1, "-1 bytes"), (Int.min, "-9223372036854775808 bytes"),
    ])
    func sizes(bytes: Int, text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}
