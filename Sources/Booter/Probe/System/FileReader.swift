import BootSettings
import DiskFormats
import LinuxSupport

/// Files that a plan refers to, as found.
struct FileFacts: Codable, Equatable, Sendable {
    /// The OpenCore disk image or device of the configuration, when it exists.
    var bootloader: FileFact?
    /// What is in it, unless it is a raw disk with a boot sector.
    var bootloaderImage: ImageFact?
    /// The installer disk of the configuration, when it exists, and what is in it, unless it is a raw disk with a boot sector.
    var installer: FileFact?
    var installerImage: ImageFact?
    /// The seed of the configuration, when it exists.
    var seed: SeedFact?
    /// Every OVMF code and variables pair that was found, best first.
    var firmware: [FirmwarePair]
    /// OVMF that cannot start OpenCore, with the reason, where there is no pair.
    var unsuitableFirmware: [String]?
    var dnsmasq: String?
    /// The device nodes of DeviceNode.all that exist.
    var nodes: [String]
    /// Users of /etc/passwd by name: those that a plan can choose from.
    var users: [String: UserFact]
    /// nil on a saved machine.
    var state: StateFacts?
}

/// The files, device nodes and users that a plan refers to.
struct FileReader {
    let root: FileRoot
    let configuration: Configuration
    let questions: MachineQuestions

    func facts() -> FileFacts {
        let finder = FirmwareFinder(root: root, code: configuration.firmware.code, variables: configuration.firmware.variables)
        let pairs = finder.pairs()
        var facts = FileFacts(
            bootloader: root.fact(questions.openCoreDisk), firmware: pairs, dnsmasq: questions.dnsmasq.first { root.exists($0) },
            nodes: questions.nodes.filter { root.exists($0) },
            users: (try? root.text("/etc/passwd")).map {
                UserTable.parse($0, names: questions.accounts)
            } ?? [:])
        if facts.bootloader != nil { facts.bootloaderImage = image(questions.openCoreDisk) }
        if let installer = questions.installer {
            facts.installer = root.fact(installer)
            if facts.installer != nil { facts.installerImage = image(installer) }
        }
        if root.isLive { facts.state = StateFacts(of: configuration.state) }
        if let seed = questions.seed { facts.seed = SeedFact(root, seed) }
        if pairs.isEmpty {
            let others = finder.unsuitable()
            facts.unsuitableFirmware = others.isEmpty ? nil : others
        }
        return facts
    }

    /// nil also when it cannot be read: QEMU then reports why.
    private func image(_ path: String) -> ImageFact? {
        guard let head = try? root.prefix(path, bytes: ImageContent.headSize), !head.isEmpty else { return nil }
        let content = ImageContent(head)
        guard let format = content.name else { return nil }
        let objection = content.objection
        return ImageFact(format: format, problem: objection?.cause, remedy: objection?.remedy)
    }
}

/// What a seed is made of: a directory with files, or a disk.
struct SeedFact: Codable, Equatable, Sendable {
    /// Bytes of the files at the top of the directory, by their names; nil for a disk.
    var files: [String: Int]?
    /// Why the disk cannot be one, as a clause.
    var problem: String?

    init(files: [String: Int]? = nil, problem: String? = nil) { (self.files, self.problem) = (files, problem) }

    /// nil when it does not exist.
    init?(_ root: FileRoot, _ path: String) {
        guard let status = FileStatus(root, path) else { return nil }
        guard !status.isDirectory else {
            self.init(files: SeedDisk.sizes(root, path))
            return
        }
        guard status.isRegular || status.isBlockDevice else {
            self.init(problem: "it is neither a directory nor a disk")
            return
        }
        let head = (try? root.prefix(path, bytes: ImageContent.headSize)) ?? []
        // A disk of a few files has no boot sector. What QEMU would take for raw and is not comes out here.
        let content = ImageContent(head)
        let isPacked = content.name.map { $0 != "unbootable" } ?? false
        self.init(
            problem: head.isEmpty
                ? "it is empty, or cannot be read" : isPacked ? "it is no raw disk image but a \(content.name ?? "")" : nil)
    }
}

/// What an image file is, when it is not a raw disk with a boot sector.
struct ImageFact: Codable, Equatable, Sendable {
    /// "qcow2", "gzip archive", "unbootable".
    var format: String
    /// Why it cannot be a disk, and what to do.
    var problem: String?
    var remedy: String?
}
