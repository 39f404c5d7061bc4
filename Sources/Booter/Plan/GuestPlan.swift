import BootSettings
import Diagnostics
import DiskFormats
import NetSetup
import NetworkValues
import QemuArgs

/// All choices together: the guest's steps, its summary and QEMU's command line.
struct GuestPlan {
    let configuration: Configuration
    let facts: HostFacts
    let identity: GuestIdentity
    let sizing: CPUSizing
    let memory: MemorySizing
    let cpu: CPU
    let network: NetworkPlan
    let disk: DiskFacts
    let installer: InstallerChoice
    let seed: SeedChoice
    let firmware: FirmwareChoice
    let qemu: QemuChoice
    let prepared: Bool

    private var owner: UserFact? { qemu.runAs.map { UserFact(uid: Int($0.uid), gid: Int($0.gid)) } }

    /// vhost_net and its device node exist, or will: a kernel without devtmpfs creates no node for a module that is loaded late.
    private var vhost: Bool {
        guard configuration.nicModel == .virtio, configuration.guest.accelerator == .kvm else { return false }
        if prepared { return facts.kernel.has("vhost_net") && facts.files.nodes.contains(DeviceNode.vhostNet.path) }
        return facts.kernel.has("vhost_net") || facts.kernel.hasModuleDirectory
    }

    /// Fixed numbers, so that the plan shows the command line exactly as it is executed; above those that a shell passes on.
    private var tapDescriptors: [Int32] { (0..<network.queues).map { 10 + Int32($0) } }
    private var vhostDescriptors: [Int32] { vhost ? (0..<network.queues).map { 10 + Int32(network.queues + $0) } : [] }

    private var sockets: [String] {
        var sockets = [configuration.qemu.qmp, configuration.qemu.control].compactMap { $0 }
        if case .unix(let path) = configuration.display.vnc { sockets.append(path) }
        return sockets
    }
    private var secret: String { configuration.state.run + "/vnc-password" }
    private var smc: String { configuration.state.run + "/smc.cfg" }

    var steps: [Step] {
        var steps: [Step] = [.claimDisk(path: disk.path, size: disk.size)]
        // QEMU removes its sockets when it ends, as the user that it has become.
        steps += Set(sockets.map(parent)).sorted().map { .makeDirectory(path: $0, mode: 0o750, owner: owner) }
        // Unless it is killed.
        steps += sockets.map { .expectSocket(path: $0) }
        if configuration.guest.supervise { steps.append(.expectSocket(path: configuration.state.supervisor)) }
        steps += kept
        if let password = configuration.display.vncPasswordFile { steps.append(.copySecret(from: password, to: secret)) }
        if let key = configuration.guest.oskFile { steps.append(.copyKey(from: key, to: smc)) }
        if case .directory(let directory, let image) = seed.source { steps.append(.makeSeed(from: directory, to: image)) }
        if vhost { steps.append(.openVhost(queues: network.queues)) }
        // The Linux VM has no swap: when memory runs out, the kernel should kill anything but the guest first.
        if facts.process.has(.sysResource) { steps.append(.setOOMScore(-900)) }
        return steps
    }

    /// What outlives this run.
    private var kept: [Step] {
        var steps: [Step] = []
        let state = configuration.state
        let isWritable = facts.files.state?.problem == nil
        let keepsIdentity = identity.unkept != nil && isWritable
        if keepsIdentity || firmware.flash.map({ $0.unkept == nil }) ?? (configuration.guest.supervise && isWritable) {
            steps.append(.makeDirectory(path: state.kept, mode: 0o755, owner: nil))
        }
        if let flash = firmware.flash {
            if let kept = flash.unkept {
                steps.append(.copyForRun(from: kept, template: flash.template, to: flash.variables, owner: owner))
            } else {
                steps.append(.copyFile(from: flash.template, to: flash.variables, owner: owner))
            }
        }
        if keepsIdentity, let identity = identity.unkept { steps.append(.keepFile(path: state.identity, text: identity.text)) }
        return steps
    }

    private func parent(_ path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    var summary: GuestSummary {
        GuestSummary(
            vcpus: sizing.vcpus, sockets: sizing.topology.sockets, cores: sizing.topology.cores, memoryMiB: memory.guestBytes >> 20,
            cpu: cpu.model, machine: qemu.machine, uuid: identity.uuid, disk: disk.path, diskBytes: disk.size,
            nic: configuration.nicModel.word, mac: identity.mac.description, mtu: network.mtu, address: network.guest.description,
            gateway: network.gateway.description, address6: network.ipv6?.guest.description,
            forwards: network.forwards.map(\.description), vnc: vncText)
    }

    private var vncText: String {
        switch configuration.display.vnc {
        case .off: "off"
        case .unix(let path): "unix:" + path
        case .tcp(let host, let display): "\(host):\(Display.VNC.basePort + display)"
        }
    }

    func invocation(_ notes: inout PlanNotes) -> QemuInvocation? {
        if configuration.nicModel == .virtio, configuration.guest.accelerator == .kvm {
            let reason = vhost ? "the kernel moves the packets without going through QEMU" : "there is no \(DeviceNode.vhostNet.path)"
            notes.decide("vhost", vhost ? "on" : "off", because: reason)
        }
        if card != Display.Card.allCases.first {
            notes.decide(
                "graphics card", card.device.rawValue,
                because: "\(qemu.binary) has no \(QemuDevice.vmwareVGA.rawValue), which offers more resolutions")
        }
        let line: QemuCommandLine
        do {
            line = try guest.commandLine()
        } catch {
            notes.refuse(
                .qemu, "the command line cannot be built: \(error)", remedy: "correct this value in the configuration",
                exit: ExitStatus.config)
            return nil
        }
        if let facts = facts.qemu {
            let missing = line.devices.filter(facts.lacks)
            guard missing.isEmpty else {
                notes.refuse(
                    .qemu, "\(facts.path) has no device \(missing.joined(separator: ", "))", remedy: remedy(missing, facts),
                    exit: ExitStatus.osFile)
                return nil
            }
            if configuration.guest.oskFile != nil, facts.lacks(QemuDevice.appleSMC.rawValue) {
                notes.refuse(
                    .qemu, "\(facts.path) has no device isa-applesmc",
                    remedy: "install a QEMU that has it, or leave guest.osk_file out and put VirtualSMC on the OpenCore disk",
                    exit: ExitStatus.osFile)
                return nil
            }
            if !facts.cpuModels.contains(cpu.model) {
                notes.refuse(
                    .qemu, "\(facts.path) has no CPU model \(cpu.model)",
                    remedy: "set guest.cpu to one that `\(facts.path) -cpu help` lists",
                    exit: ExitStatus.config)
                return nil
            }
        }
        return QemuInvocation(
            binary: qemu.binary, argv: [qemu.binary] + line.argv, tapDescriptors: tapDescriptors, vhostDescriptors: vhostDescriptors)
    }

    /// What can be done about the devices that this QEMU does not have.
    private func remedy(_ missing: [String], _ facts: QemuFacts) -> String {
        let nics = NICModel.allCases.filter { !facts.lacks($0.rawValue) }.map(\.word)
        if missing == [configuration.nicModel.rawValue], !nics.isEmpty {
            return "set network.nic to \(nics.joined(separator: " or ")), or install a QEMU that has \(configuration.nicModel.rawValue)"
        }
        let added = QemuCommandLine.devices(in: configuration.qemu.extra)
        if missing.allSatisfy(added.contains) {
            return "remove \(missing.joined(separator: ", ")) from qemu.extra, or install a QEMU that has it"
        }
        return "install a complete QEMU (Debian: qemu-system-x86), or set qemu.binary to one"
    }

    /// The best card that macOS supports and this QEMU has: RHEL's QEMU lacks the first.
    private var card: Display.Card {
        guard let facts = facts.qemu else { return .vmware }
        return Display.Card.allCases.first { !facts.lacks($0.device.rawValue) } ?? .vmware
    }

    private var guest: MacGuest {
        let start = firmware.flash.map { Firmware.ovmf(code: $0.code, variables: $0.variables) } ?? .seaBIOS
        return MacGuest(
            name: "macos", uuid: identity.uuid, qemu: qemu.version,
            machine: Machine(type: qemu.machine, accelerator: configuration.guest.accelerator),
            cpu: cpu, topology: sizing.topology,
            memory: Memory(mebibytes: memory.guestBytes >> 20, backing: backing),
            firmware: start,
            openCoreDisk: firmware.openCoreDisk.map {
                UnwrittenDisk(.openCore, path: $0, format: firmware.openCoreFormat, controller: DiskController(for: start))
            },
            systemDisk: SystemDisk(
                path: disk.path, format: disk.format.flatMap { DriveFormat(rawValue: $0) } ?? .raw, controller: DiskController(for: start),
                io: qemu.io, detectsZeroes: configuration.disk.detectZeroes, stopsOnError: configuration.guest.supervise),
            installerDisk: installer.disk.map {
                UnwrittenDisk(.installer, path: $0.path, format: $0.format, controller: DiskController(for: start))
            },
            seedDisk: seed.path.map { UnwrittenDisk(.seed, path: $0, controller: DiskController(for: start)) },
            network: Network(
                netdev: .tap(descriptors: tapDescriptors, vhost: vhostDescriptors), model: configuration.nicModel,
                mac: identity.mac.description,
                mtu: network.mtu, offloads: facts.process.has(.sysPtrace)),
            display: Display(
                card: card, vnc: configuration.display.vnc, passwordFile: configuration.display.vncPasswordFile.map { _ in secret },
                webSocket: BrowserChoice.isServed(configuration)),
            serial: configuration.qemu.serial,
            qmp: configuration.qemu.qmp.map { QMPSocket(path: $0) },
            control: configuration.qemu.control.map { QMPSocket(path: $0, id: "control") },
            supervisor: configuration.guest.supervise ? QMPDescriptor(number: Supervision.monitorDescriptor) : nil,
            smc: configuration.guest.oskFile.map { _ in SMC(configuration: smc) },
            runAs: qemu.runAs, sandbox: qemu.sandbox, extra: configuration.qemu.extra)
    }

    private var backing: Memory.Backing {
        switch memory.backing {
        case .plain: .anonymous
        case .hugepages: .hugepages
        case .gigantic: .gigantic
        }
    }
}
