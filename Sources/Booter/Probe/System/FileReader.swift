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

/// What an image file is, when it is not a raw disk with a boot sector.
struct ImageFact: Codable, Equatable, Sendable {
    /// "qcow2", "gzip archive", "unbootable".
    var format: String
    /// Why it cannot be a disk, and what to do.
    var problem: String?
    var remedy: String?
}
