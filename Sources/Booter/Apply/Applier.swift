import CLinux
import Diagnostics
import DiskFormats
import Glibc
import LinuxSupport
import ModuleLoader
import NetSetup
import SystemPackage

/// Carries out steps: the one switch over `Step`. Records in the journal how to undo a change before it makes the change.
struct Applier: ~Copyable {
    private(set) var journal: Journal
    /// Warnings: problems that do not stop the start.
    private var findings: [Finding] = []
    private var modules: ModuleContext?
    private var tap: Tap?
    private(set) var vhost = DescriptorSet()
    /// The exclusive claim to the disk, which QEMU keeps.
    private(set) var claims = DescriptorSet()
    /// Of dnsmasq, which answers DHCP requests.
    private var server: (binary: String, configuration: String)?
    /// Whether its replies go out without UDP checksums.
    private var dropsChecksums = false
    private let sysctl = Sysctl()
    private let parameters = ModuleParameters()

    /// How many entries belong to an earlier stage: a failure of this one does not undo them.
    private let first: Int

    init(journal: consuming Journal, keeping first: Int = 0) {
        self.journal = journal
        self.first = first
    }

    /// The tap's queues, for QEMU to inherit.
    var tapDescriptors: [Int32] {
        switch tap {
        case .some(let tap): tap.descriptors
        case .none: []
        }
    }

    /// Returns the warnings since the last call.
    mutating func takeFindings() -> [Finding] {
        defer { findings = [] }
        return findings
    }

    mutating func apply(_ step: Step) throws(OperationError) {
        do {
            switch step {
            case .loadModule(let name, let parameters, let optional):
                try load(name, parameters, optional: optional)
            case .setModuleParameter(let module, let parameter, let value):
                try set(parameter, of: module, to: value)
            case .createNode(let node):
                try create(node)
            case .reserveHugepages(let pages):
                try reserve(pages)
            case .writeSysctl(let path, let value, let optional):
                try write(path, value, optional: optional)
            case .createTap(let name, let queues, let persistent):
                // Until it is persistent, the tap goes away with its descriptors: its deletion is recorded only once it is surely ours.
                let opened = try Tap.open(name: name, queues: queues)
                if persistent {
                    try journal.record(.deleteLink(name))
                    try opened.makePersistent()
                }
                tap = consume opened
            case .bringUp(let name, let mac, let mtu):
                let links = try Links()
                try links.setMACAddress(mac, of: name)
                try links.setMTU(mtu, of: name)
                try links.setUp(name)
            case .setMTU(let name, let mtu):
                try Links().setMTU(mtu, of: name)
            case .addAddress4(let name, let address, let prefixLength):
                try Links().addAddress(address, prefixLength: prefixLength, to: name)
            case .addAddress6(let name, let address, let prefixLength):
                try Links().addAddress(address, prefixLength: prefixLength, to: name)
            case .addRule4(let network):
                try journal.record(.deleteRule4(network))
                try Routing().addRule(to: network)
            case .addRule6(let network):
                try journal.record(.deleteRule6(network))
                try Routing().addRule(to: network)
            case .installFirewall(let rules):
                try journal.record(.removeTable(rules.table))
                try Firewall().install(rules)
            case .makeDirectory(let path, let mode, let owner):
                try makeDirectory(path, mode: mode, owner: owner)
            case .expectSocket(let path):
                // QEMU removes its sockets when it ends, unless it is killed.
                try journal.record(.removeSocket(path))
            case .writeFile(let path, let text, let mode):
                try journal.record(.removeFile(path))
                try StateFile.write(path, text.utf8, mode: mode)
            case .startDnsmasq(let binary, let configuration, let pidFile):
                try start(binary, configuration, pidFile)
            case .dropDHCPChecksums(let pidFile):
                dropsChecksums = true
                try dropChecksums(pidFile)
            case .claimDisk(let path, let size):
                if let claim = try DiskClaim.take(path: path, size: size) { claims.add(claim) }
            case .copyFile(let from, let to, let owner):
                // Not recorded: the copy belongs to the guest and outlives this run.
                if !FileRoot.live.exists(to) { try journal.record(.removeDraft(of: to)) }
                try StateFile.copyOnce(from: from, to: to, owner: owner)
            case .copyForRun(let from, let template, let to, let owner):
                try journal.record(.removeFile(to))
                try StateFile.copy(from: from, orElse: template, to: to, owner: owner)
            case .keepFile(let path, let text):
                try keep(path, text)
            case .copySecret(let from, let to):
                try journal.record(.removeFile(to))
                try copySecret(from: from, to: to)
            case .copyKey(let from, let to):
                try journal.record(.removeFile(to))
                try SMCKeyFile.copy(from: from, to: to)
            case .makeSeed(let from, let to):
                try journal.record(.removeFile(to))
                try makeSeed(from: from, to: to)
            case .openVhost(let queues):
                for _ in 0..<queues { vhost.add(try open(.vhostNet)) }
            case .setOOMScore(let score):
                try KernelFile.write("/proc/self/oom_score_adj", String(score), operation: "set OOM score")
            }
        } catch let error as NetError {
            throw OperationError(error)
        } catch let error as ModuleError {
            throw OperationError(error)
        } catch let error as OperationError {
            throw error
        } catch {
            throw OperationError(step.title, "", cause: "\(error)", exit: ExitStatus.software)
        }
    }

    /// Undoes all changes, as far as possible.
    /// - Returns: a message for each change that could not be undone.
    consuming func unwind() -> [String] {
        // First, because a tap that is still open reappears after its deletion.
        tap = nil
        return journal.unwind(after: first)
    }

    /// As `unwind()`, and adds what could not be undone to the error that caused it.
    consuming func unwind(after error: OperationError) -> OperationError {
        var error = error
        let left = unwind()
        if !left.isEmpty {
            error.remedy = [error.remedy, "left behind: " + left.joined(separator: "; ")].compactMap { $0 }.joined(separator: "\n  ")
        }
        return error
    }

    private mutating func makeDirectory(_ path: String, mode: UInt32, owner: UserFact?) throws(OperationError) {
        // The usual case; the rest looks up every parent directory twice.
        guard !FileRoot.live.exists(path) else { return }
        for missing in StateFile.missingDirectories(path) { try journal.record(.removeDirectory(missing)) }
        try StateFile.makeDirectory(path, mode: mode, owner: owner)
    }

    private mutating func load(_ name: String, _ parameters: String, optional: Bool) throws {
        do {
            if modules == nil { modules = try ModuleContext() }
            var soft: [ModuleError] = []
            _ = try modules?.insert(name, parameters: parameters) { soft.append($0) }
        } catch {
            guard optional else { throw error }
            findings.append(.warning(.modules, error.description, remedy: error.remedy))
        }
    }

    /// In some kernels the parameter is read-only. The guest may work without it, so a failure is a warning.
    private mutating func set(_ parameter: String, of module: String, to value: String) throws {
        let before = self.parameters.value(of: parameter, in: module)
        if let before { try journal.record(.restoreModuleParameter(module: module, parameter: parameter, value: before)) }
        do {
            _ = try parameters.set(parameter, in: module, to: value)
        } catch {
            findings.append(.warning(.modules, error.description, remedy: "put \(module).\(parameter)=\(value) on the kernel command line"))
        }
    }

    /// mknod -m 0600 <path> c <major> <minor>. A node that exists is a success: loading the module may have created it.
    private mutating func create(_ node: DeviceNode) throws(OperationError) {
        guard !FileRoot.live.exists(node.path) else { return }
        let parent = FilePath(node.path).removingLastComponent().string
        try makeDirectory(parent, mode: 0o755, owner: nil)
        try journal.record(.removeFile(node.path))
        guard mknod(node.path, S_IFCHR | 0o600, mv_makedev(node.major, node.minor)) == 0 || errno == EEXIST else {
            throw OperationError(
                "create node", node.path, cause: Errno(rawValue: errno).description, remedy: "pass \(node.path) into the container",
                exit: ExitStatus.osError)
        }
    }

    /// Gives the pages back at once when the kernel finds too few: the guest then uses ordinary memory, and they would be missing there.
    private mutating func reserve(_ pages: Int) throws(OperationError) {
        // Read-only in most containers; ordinary memory works as well.
        guard let before = HugepagePool.pages, access(HugepagePool.path, W_OK) == 0 else {
            findings.append(.warning(.memory, "\(HugepagePool.path) cannot be written: no huge pages are reserved", remedy: nil))
            return
        }
        try journal.record(.restoreHugepages(pages: before))
        try HugepagePool.resize(to: pages)
        if HugepagePool.pages ?? 0 < pages { try HugepagePool.resize(to: before) }
    }

    private mutating func write(_ path: String, _ value: String, optional: Bool) throws {
        do {
            let before = try sysctl.read(path)
            guard before != value else { return }
            guard KnownSysctl.contains(path) else {
                throw OperationError("write sysctl", path, cause: "boot down would not restore it", exit: ExitStatus.software)
            }
            try journal.record(.restoreSysctl(path: path, value: before))
            try sysctl.write(value, to: path)
        } catch let error as NetError {
            guard optional else { throw error }
            findings.append(.warning(.network, error.description, remedy: nil))
        }
    }

    private mutating func start(_ binary: String, _ configuration: String, _ pidFile: String) throws(OperationError) {
        try journal.record(.removeFile(DnsmasqConfiguration.Files(beside: configuration).leases))
        try journal.record(.removeFile(pidFile))
        let stop = Undo.stopDnsmasq(binary: binary, configuration: configuration)
        // A dnsmasq of an earlier stage still holds the sockets.
        if journal.entries.contains(stop) { try Dnsmasq.stop(binary: binary, configuration: configuration) }
        try journal.record(stop)
        try Dnsmasq.start(binary: binary, configuration: configuration)
        server = (binary, configuration)
    }

    private func dropChecksums(_ pidFile: String) throws {
        guard let server, let pid = Dnsmasq.process(pidFile: pidFile, binary: server.binary, configuration: server.configuration) else {
            throw OperationError("read", pidFile, cause: "it does not hold dnsmasq's process number", exit: ExitStatus.osError)
        }
        // 67 is the DHCP server's port, RFC 2131.
        guard try UDPChecksum.disable(ofProcess: pid, port: 67) > 0 else {
            throw OperationError("find the DHCP socket of", "dnsmasq, process \(pid)", cause: "it has none", exit: ExitStatus.osError)
        }
    }

    /// The guest runs as well without the file.
    private mutating func keep(_ path: String, _ text: String) throws(OperationError) {
        guard !FileRoot.live.exists(path) else { return }
        // The file itself is not recorded: it outlives this run.
        try journal.record(.removeDraft(of: path))
        do {
            try StateFile.write(path, text.utf8, mode: 0o600)
        } catch {
            findings.append(.warning(.firmware, "\(error.headline): the next start does not find it", remedy: error.remedy))
        }
    }

    private mutating func copySecret(from: String, to: String) throws(OperationError) {
        if let status = FileStatus(.live, from), status.mode & 0o077 != 0 {
            let mode = String(status.mode, radix: 8)
            findings.append(.warning(.qemu, "other users can read or write \(from) (mode 0\(mode))", remedy: "chmod 600 \(from)"))
        }
        try StateFile.copySecret(from: from, to: to)
    }

    private func makeSeed(from: String, to: String) throws(OperationError) {
        let image: [UInt8]
        do throws(SeedDisk.Problem) {
            image = try SeedDisk(directory: from).image()
        } catch {
            throw OperationError("make the seed disk of", from, cause: error.cause, remedy: error.remedy, exit: ExitStatus.dataError)
        }
        try StateFile.write(to, image, mode: 0o400)
    }

    /// The descriptors of vhost for the next QEMU. Each QEMU needs fresh ones: the kernel ties them to the first that uses them.
    mutating func vhost(count: Int) throws(OperationError) -> DescriptorSet {
        if vhost.numbers.count < count {
            for _ in vhost.numbers.count..<count { vhost.add(try open(.vhostNet)) }
        }
        var taken = DescriptorSet()
        swap(&taken, &vhost)
        return taken
    }

    /// dnsmasq's process; nil when this start has none.
    var serverProcess: Int32? {
        server.flatMap {
            Dnsmasq.process(
                pidFile: DnsmasqConfiguration.Files(beside: $0.configuration).pid, binary: $0.binary, configuration: $0.configuration)
        }
    }

    /// Starts dnsmasq again after its end.
    func restartServer() throws(OperationError) {
        guard let server else { return }
        try Dnsmasq.start(binary: server.binary, configuration: server.configuration)
        guard dropsChecksums else { return }
        do {
            try dropChecksums(DnsmasqConfiguration.Files(beside: server.configuration).pid)
        } catch let error as OperationError {
            throw error
        } catch {
            throw OperationError("send DHCP", "without UDP checksums", cause: "\(error)", exit: ExitStatus.osError)
        }
    }

    /// Writes a file that only root can read, which goes away with the run.
    mutating func keepSecret(_ text: String, at path: String) throws(OperationError) {
        try journal.record(.removeFile(path))
        try StateFile.write(path, text.utf8, mode: 0o600)
    }

    /// Records the draft of a file that outlives the run.
    mutating func expectDraft(of path: String) throws(OperationError) { try journal.record(.removeDraft(of: path)) }

    private func open(_ node: DeviceNode) throws(OperationError) -> OwnedDescriptor {
        do {
            return try OwnedDescriptor(opening: FilePath(node.path), .readWrite)
        } catch {
            throw OperationError(
                "open", node.path, cause: error.description, remedy: "load vhost_net; in a container, pass \(node.path) in",
                exit: ExitStatus.osError)
        }
    }
}

extension OperationError {
    /// The refusal that a failed check leads to.
    init(_ finding: Finding) {
        self.init(finding.message, "", cause: "", remedy: finding.remedy, exit: finding.exit)
    }

    init(_ error: NetError) {
        self.init(
            error.operation, error.object, cause: error.reason, remedy: error.remedy,
            exit: error.errno == .notPermitted ? ExitStatus.noPermission : ExitStatus.osError)
    }

    init(_ error: ModuleError) {
        self.init(
            error.operation.rawValue, error.module ?? "", cause: error.virtualization?.cause ?? error.reason,
            remedy: error.virtualization?.remedy ?? error.remedy,
            exit: error.errno == .notPermitted ? ExitStatus.noPermission : ExitStatus.osError)
    }
}
