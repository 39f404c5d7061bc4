import DiskFormats
import LinuxSupport
import SystemPackage

/// What a path of disk.device leads to.
///
/// A device is known by its number, so that a node of any name and any chain of links lead to the right one. A saved machine has no
/// device nodes: there, names count.
struct NamedDisk {
    let root: FileRoot
    let path: String
    /// Kernel name of the whole disk that it is; nil for everything else.
    let disk: String?
    /// Of a partition, its own kernel name and its disk's.
    private let partition: (name: String, disk: String)?
    private let status: FileStatus?

    init(root: FileRoot, path: String) {
        self.root = root
        self.path = path
        status = FileStatus(root, path)
        let names = Self.names(root, path, status)
        disk = names.flatMap { $0.partition == nil ? $0.disk : nil }
        partition = names.flatMap { names in names.partition.map { ($0, names.disk) } }
    }

    private static func names(_ root: FileRoot, _ path: String, _ status: FileStatus?) -> (disk: String, partition: String?)? {
        if let status, status.isBlockDevice, let number = status.deviceNumber, let link = root.link("/sys/dev/block/" + number) {
            // ../../devices/.../block/sdb/sdb1
            let parts = link.split(separator: "/").map { String($0) }
            guard let name = parts.last else { return nil }
            let isPartition = root.exists("/sys/dev/block/\(number)/partition")
            return isPartition ? (parts.dropLast().last ?? "", name) : (name, nil)
        }
        if root.isLive, status != nil { return nil }
        let name = (root.link(path) ?? (path.hasPrefix("/dev/") ? path : "")).lastComponent
        guard !name.isEmpty else { return nil }
        if root.exists("/sys/block/\(name)/size") { return (name, nil) }
        return root.list("/sys/block").first { root.exists("/sys/block/\($0)/\(name)/partition") }.map { ($0, name) }
    }

    /// The facts of what is not a whole disk; nil for a disk, and when nothing is there.
    func other() -> DiskFacts? {
        guard disk == nil else { return nil }
        if let partition {
            var facts = facts(.partition, size: (root.number("/sys/block/\(partition.disk)/\(partition.name)/size") ?? 0) &* 512)
            facts.parent = partition.disk
            return facts
        }
        guard let status else { return nil }
        if status.isDirectory { return facts(.directory, size: 0) }
        return status.isRegular ? file(status) : facts(.other, size: 0)
    }

    private func facts(_ node: DiskFacts.Node, size: Int) -> DiskFacts {
        DiskFacts(
            name: path, size: size, model: nil, serial: nil, readOnly: false, rotational: false, logicalBlockSize: 512, aliases: [],
            mounts: [], holders: [], readError: nil, table: nil, node: node)
    }

    private func file(_ status: FileStatus) -> DiskFacts {
        var facts = facts(.file, size: status.size)
        facts.holders = loops()
        let head: [UInt8]
        do {
            head = try root.prefix(path, bytes: ImageContent.headSize)
        } catch {
            facts.readError = error.description
            return facts
        }
        let content = ImageContent(head)
        if let objection = content.objection {
            facts.readError = objection.cause
        } else if case .qcow2(let header) = content {
            facts.format = "qcow2"
            facts.size = header.size
        } else {
            let found = root.table(of: path, size: status.size, blockSize: 512)
            (facts.table, facts.readError) = (found.table, found.error?.description)
        }
        return facts
    }

    /// Loop devices that are attached to the file.
    private func loops() -> [String] {
        root.list("/sys/block").filter { $0.hasPrefix("loop") && root.word("/sys/block/\($0)/loop/backing_file") == path }
    }
}
