import DiskFormats
import LinuxSupport
import SystemPackage

/// /sys/block, /dev/disk and the first blocks of each disk.
struct DiskReader {
    let root: FileRoot
    /// The device that the configuration names by its path, when it does: the one way to get at a dm or md device.
    let wanted: String?

    /// Whole disks with a medium, in the kernel's order.
    func disks(mounts: [MountInfo]) -> [DiskFacts] {
        let use = DiskUse(mounts: mounts, swaps: (try? root.text("/proc/swaps")) ?? "")
        let aliases = aliases()
        let named = wanted.flatMap { aliases.first { $0.value.contains(wanted ?? "") }?.key ?? Self.last($0) }
        return root.list("/sys/block").sorted(by: BlockDeviceName.precedes)
            .filter { BlockDeviceName($0).isDisk || $0 == named }
            .compactMap { disk($0, use, aliases[$0] ?? []) }
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
        let source = BlockSource(size: size, blockSize: blockSize == 4096 ? 4096 : 512) { (offset, count) throws(Errno) -> [UInt8] in
            try root.prefix("/dev/" + name, bytes: count, at: Int64(offset))
        }
        do {
            return (try PartitionTableReader.table(of: source), nil)
        } catch {
            // A saved machine has only the disks that its owner added.
            return (nil, !root.isLive && error == .noSuchFileOrDirectory ? nil : error.description)
        }
    }

    /// Other names by kernel name: every link below /dev/disk, and the configured path when it is a link.
    private func aliases() -> [String: [String]] {
        var aliases: [String: [String]] = [:]
        let links = root.list("/dev/disk").flatMap { kind in root.list("/dev/disk/" + kind).map { "/dev/disk/\(kind)/\($0)" } }
        for path in links + [wanted].compactMap({ $0 }).filter({ !links.contains($0) }) {
            if let target = root.link(path) { aliases[Self.last(target), default: []].append(path) }
        }
        return aliases
    }

    private static func last(_ path: String) -> String { path.split(separator: "/").last.map { String($0) } ?? "" }
}
