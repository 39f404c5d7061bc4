import BootSettings
import Diagnostics
import DiskFormats
import LinuxSupport

/// Chooses the guest's system disk. The wrong one would be overwritten: when in doubt, it refuses.
struct DiskChoice: Equatable, Sendable {
    static let standard = "sdb"

    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> DiskFacts? {
        let (disk, reason) = candidate(configuration, facts)
        guard let disk else {
            refuse("\(reason); \(seen(facts.disks))", configuration, &notes)
            return nil
        }
        if let objection = objection(to: disk, configuration, facts) {
            refuse(
                "\(disk.path) cannot be the guest's disk: \(objection.cause); \(seen(facts.disks))", configuration, &notes,
                remedy: objection.remedy)
            return nil
        }
        notes.decide("disk", disk.path, because: "\(reason): \(summary(disk))")
        notes.pass(.disk, "\(disk.path) is free: \(summary(disk))")
        if let format = disk.table?.foreignFormat {
            notes.warn(
                .disk, "\(disk.path) holds \(format), which the guest may overwrite: disk.overwrite is set",
                remedy: "leave disk.overwrite out once macOS is on the disk")
        } else if configuration.disk.device == nil, !disk.isApple, let partitions = disk.table?.partitions, !partitions.isEmpty {
            notes.warn(
                .disk, "\(disk.path) carries no Apple partition (\(summary(disk))): is it the right disk?",
                remedy: "name the guest's disk with disk.device")
        }
        if disk.table?.blockSize == 4096 {
            notes.warn(
                .disk,
                "the partition table of \(disk.path) counts in 4096-byte blocks: the guest sees 512-byte blocks and cannot start from it",
                remedy: "write a macOS image made for 512-byte blocks to the disk")
        }
        return disk
    }

    private static func candidate(_ configuration: Configuration, _ facts: HostFacts) -> (DiskFacts?, String) {
        switch configuration.disk.device {
        case .path(let path):
            let disk = facts.disks.first { $0.path == path || $0.aliases.contains(path) }
            return (disk, disk == nil ? "disk.device is \(path), which is not there" : "\(path) is configured")
        case .serial(let serial):
            return only(facts.disks.filter { $0.serial == serial }, "with serial number \(serial)")
        case .label(let label):
            return only(
                facts.disks.filter { $0.table?.partitions.contains { $0.label == label } ?? false }, "with a partition named \(label)")
        case nil:
            return automatic(configuration, facts)
        }
    }

    /// /dev/sdb, unless another disk is the only one that carries macOS: the kernel probes SCSI disks in parallel, so
    /// the first disk is sometimes sdb and the second sda.
    private static func automatic(_ configuration: Configuration, _ facts: HostFacts) -> (DiskFacts?, String) {
        let standard = facts.disks.first { $0.name == Self.standard }
        let apple = facts.disks.filter { $0.isApple && objection(to: $0, configuration, facts)?.cause == nil }
        if let standard, standard.isApple || apple.isEmpty { return (standard, "/dev/\(Self.standard) is the default") }
        let why = standard == nil ? "there is no /dev/\(Self.standard)" : "/dev/\(Self.standard) carries no Apple partition"
        switch apple.count {
        case 0: return (nil, "\(why), and no disk that is free carries an Apple partition")
        case 1: return (apple[0], "\(why), and this is the only free disk with an Apple partition")
        default: return (nil, "\(why), and \(apple.count) other disks carry Apple partitions")
        }
    }

    private static func only(_ disks: [DiskFacts], _ which: String) -> (DiskFacts?, String) {
        switch disks.count {
        case 1: (disks[0], "the disk \(which)")
        case 0: (nil, "no disk \(which)")
        default: (nil, "\(disks.count) disks \(which)")
        }
    }

    /// Why the guest must not get this disk, and what to do if a special remedy exists; nil when the guest may have it.
    static func objection(
        to disk: DiskFacts, _ configuration: Configuration, _ facts: HostFacts
    ) -> (cause: String, remedy: String?)? {
        if let objection = objection(to: disk.node, of: disk) { return objection }
        if let cause = use(of: disk, configuration, facts) { return (cause, nil) }
        let hasConsent = configuration.disk.overwrite && configuration.disk.device != nil
        guard let format = disk.table?.foreignFormat, !hasConsent else { return nil }
        return (
            "it holds other data (\(format))",
            "attach the macOS disk; if what is on \(disk.path) may be lost, name it with disk.device and set disk.overwrite to true"
        )
    }

    /// disk.device can name something that is not a disk.
    private static func objection(to node: DiskFacts.Node?, of disk: DiskFacts) -> (cause: String, remedy: String?)? {
        switch node {
        case nil: nil
        case .partition: ("it is a partition of /dev/\(disk.parent ?? "")", "name the whole disk, /dev/\(disk.parent ?? "")")
        case .directory: ("it is a directory", "name a disk or a disk image in it")
        case .other: ("it is neither a block device nor a file", nil)
        case .file: nil
        }
    }

    private static func use(of disk: DiskFacts, _ configuration: Configuration, _ facts: HostFacts) -> String? {
        if !disk.mounts.isEmpty { return "it is in use at \(disk.mounts.joined(separator: ", "))" }
        if !disk.holders.isEmpty { return "\(disk.holders.joined(separator: ", ")) is built on it" }
        if let boot = bootedFrom(disk, facts) { return "this Linux was started from it (\(boot))" }
        if disk.readOnly { return "it is read-only" }
        if let error = disk.readError { return "it cannot be read: \(error)" }
        if disk.size < configuration.disk.minimum {
            return "it has \(ByteCount(disk.size)), less than disk.minimum, \(ByteCount(configuration.disk.minimum))"
        }
        return nil
    }

    /// Evidence that Linux was started from this disk although nothing on it is mounted: an initramfs does not mount its own disk.
    private static func bootedFrom(_ disk: DiskFacts, _ facts: HostFacts) -> String? {
        let partitions = disk.table?.partitions ?? []
        let identifiers = Set(partitions.compactMap { $0.uuid?.lowercased() })
        for word in facts.kernel.commandLine.words {
            guard let root = word.after("root=") else { continue }
            // Documentation/admin-guide/kernel-parameters.txt: PARTUUID=GUID or PARTUUID=GUID/PARTNROFF=N.
            let identifier = root.after("PARTUUID=").map { String($0.prefix { $0 != "/" }).lowercased() }
            let label = root.after("PARTLABEL=")
            if let identifier, identifiers.contains(identifier) { return word }
            if let label, partitions.contains(where: { $0.label == label }) { return word }
            if ([disk.path] + disk.aliases).contains(where: { isPartition(root, of: $0) }) { return word }
        }
        return facts.kernel.bootPartitions.first { identifiers.contains($0.lowercased()) }.map { "partition \($0)" }
    }

    /// /dev/sda3 of /dev/sda, /dev/nvme0n1p3 of /dev/nvme0n1, /dev/disk/by-id/X-part3 of /dev/disk/by-id/X; or the disk itself.
    private static func isPartition(_ path: String, of disk: String) -> Bool {
        guard let rest = path.after(disk) else { return false }
        if rest.isEmpty { return true }
        let number = disk.hasPrefix("/dev/disk/") ? rest.after("-part") : disk.last?.isNumber == true ? rest.after("p") : rest
        return number.map { !$0.isEmpty && $0.allSatisfy(\.isNumber) } ?? false
    }

    private static func refuse(_ message: String, _ configuration: Configuration, _ notes: inout PlanNotes, remedy: String? = nil) {
        notes.refuse(
            .disk, message,
            remedy: remedy ?? "attach the macOS disk, or name it with disk.device: a path, serial:SERIAL or label:PARTITION",
            exit: ExitStatus.noInput)
    }

    private static func seen(_ disks: [DiskFacts]) -> String {
        guard !disks.isEmpty else { return "no disks were seen" }
        return "disks seen: " + disks.map { "\($0.path) (\(summary($0)))" }.joined(separator: ", ")
    }

    static func summary(_ disk: DiskFacts) -> String {
        var parts = [ByteCount(disk.size).description]
        if let model = disk.model, !model.isEmpty { parts.append(model) }
        if let serial = disk.serial, !serial.isEmpty { parts.append("serial \(serial)") }
        if let format = disk.format { parts.append(format) }
        if let table = disk.table {
            parts.append(content(table))
        } else if disk.readError == nil, disk.format == nil, disk.node == nil || disk.node == .file {
            parts.append("no partition table")
        }
        if !disk.mounts.isEmpty { parts.append("mounted") }
        return parts.joined(separator: ", ")
    }
}

extension DiskChoice {
    private static func content(_ table: PartitionTable) -> String {
        let member = table.member.map { [$0] } ?? []
        if table.scheme == .none { return (member + table.partitions.map(\.label)).joined(separator: ", ") }
        let partitions = table.partitions.isEmpty ? "empty partition table" : table.partitions.map(\.kind.title).joined(separator: "+")
        return (member + [partitions]).joined(separator: ", ")
    }
}

extension Partition.Kind {
    /// The usual name.
    var title: String {
        switch self {
        case .apfs: "APFS"
        case .hfsPlus: "HFS+"
        case .appleOther: "Apple"
        case .esp: "ESP"
        case .fat: "FAT"
        case .linux: "Linux"
        case .linuxSwap: "swap"
        case .microsoft: "Microsoft"
        case .biosBoot: "BIOS boot"
        case .other: "other"
        }
    }
}
