import DiskFormats
import LinuxSupport
import SystemPackage

/// A whole block device, or whatever else disk.device names.
struct DiskFacts: Codable, Equatable, Sendable {
    /// Kernel name: sdb, vda, nvme0n1. The path as configured for everything that is no block device.
    var name: String
    var size: Int
    var model: String?
    var serial: String?
    var readOnly: Bool
    var rotational: Bool
    var logicalBlockSize: Int
    /// Other names of the same device that exist below /dev/disk, as absolute paths.
    var aliases: [String]
    /// Where it or a partition of it is mounted, or "swap".
    var mounts: [String]
    /// Device mapper, md or other users of it or a partition: /sys/block/*/holders.
    var holders: [String]
    /// Why the first blocks could not be read.
    var readError: String?
    var table: PartitionTable?
    /// nil for a whole block device.
    var node: Node?
    /// Of a partition, the kernel name of its disk.
    var parent: String?
    /// Of a file that is not raw: "qcow2", or the name of another format.
    var format: String?

    enum Node: String, Codable, Sendable { case partition, file, directory, other }

    var path: String { name.hasPrefix("/") ? name : "/dev/" + name }
    var isApple: Bool { table?.partitions.contains { $0.kind.isApple } ?? false }
}

/// /sys/block, /dev/disk and the first blocks of each disk.
struct DiskReader {
    let root: FileRoot
    /// The device whose path the configuration names, if any: the only way to use a dm or md device.
    let wanted: String?

    /// Whole disks with a medium, in the kernel's order; then what the configuration names, when it is none of them.
    func disks(mounts: [MountInfo]) -> [DiskFacts] {
        let use = DiskUse(mounts: mounts, swaps: (try? root.text("/proc/swaps")) ?? "")
        let named = wanted.map { NamedDisk(root: root, path: $0) }
        var aliases = aliases()
        if let named, let name = named.disk, named.path != "/dev/" + name, !(aliases[name]?.contains(named.path) ?? false) {
            aliases[name, default: []].append(named.path)
        }
        let disks = root.list("/sys/block").sorted(by: BlockDeviceName.precedes)
            .filter { BlockDeviceName($0).isDisk || $0 == named?.disk }
            .compactMap { disk($0, use, aliases[$0] ?? []) }
        return disks + [named?.other()].compactMap { $0 }
    }

    private func disk(_ name: String, _ use: DiskUse, _ aliases: [String]) -> DiskFacts? {
        let path = "/sys/block/\(name)/"
        // The paths below a multipath NVMe disk are hidden: they have no node in /dev.
        guard let directory = root.directory(path), let sectors = directory.number("size"), sectors > 0,
            !(name.hasPrefix("nvme") && directory.number("hidden") == 1)
        else { return nil }
        // sysfs counts in 512 bytes whatever the block size: SECTOR_SHIFT, linux/blk_types.h.
        let (size, overflow) = sectors.multipliedReportingOverflow(by: 512)
        guard !overflow else { return nil }
        let parts = [""] + root.list(path).filter { $0.hasPrefix(name) && directory.exists($0 + "/partition") }.map { $0 + "/" }
        let blockSize = directory.number("queue/logical_block_size") ?? 512
        let content = content(name, size: size, blockSize: blockSize)
        return DiskFacts(
            name: name, size: size, model: DiskIdentity.model(directory), serial: DiskIdentity.serial(directory),
            readOnly: directory.number("ro") == 1, rotational: directory.number("queue/rotational") == 1, logicalBlockSize: blockSize,
            aliases: aliases,
            mounts: parts.flatMap { part in
                use.places(name: part.isEmpty ? name : String(part.dropLast()), number: directory.word(part + "dev"))
            },
            holders: parts.flatMap { root.list(path + $0 + "holders") }, readError: content.error, table: content.table)
    }

    private func content(_ name: String, size: Int, blockSize: Int) -> (table: PartitionTable?, error: String?) {
        let content = root.table(of: "/dev/" + name, size: size, blockSize: blockSize)
        // A saved machine contains only the disks that its owner copied.
        return !root.isLive && content.error == .noSuchFileOrDirectory ? (nil, nil) : (content.table, content.error?.description)
    }

    /// Other names by kernel name: every link below /dev/disk.
    private func aliases() -> [String: [String]] {
        var aliases: [String: [String]] = [:]
        for path in root.list("/dev/disk").flatMap({ kind in root.list("/dev/disk/" + kind).map { "/dev/disk/\(kind)/\($0)" } }) {
            if let target = root.link(path) { aliases[target.lastComponent, default: []].append(path) }
        }
        return aliases
    }
}

extension FileRoot {
    /// What is on a device or a raw image.
    func table(of path: String, size: Int, blockSize: Int) -> (table: PartitionTable?, error: Errno?) {
        do {
            let file = try file(path)
            let source = BlockSource(size: size, blockSize: blockSize == 4096 ? 4096 : 512) { (offset, count) throws(Errno) -> [UInt8] in
                try file.read(at: Int64(offset), count: count)
            }
            return (try PartitionTableReader.table(of: source), nil)
        } catch {
            return (nil, error)
        }
    }
}

extension String {
    /// The part after the last slash.
    var lastComponent: String { split(separator: "/").last.map { String($0) } ?? "" }
}
