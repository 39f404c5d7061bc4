import BootSettings
import Diagnostics
import QemuArgs

/// The QEMU binary, the machine type and the user that QEMU becomes.
struct QemuChoice: Equatable, Sendable {
    var binary: String
    var version: QemuVersion
    var machine: String
    var runAs: RunAs?
    var sandbox: Bool
    var io: DiskIO

    static let machines = Machine.tried
    static let oldest = QemuVersion.oldest

    /// Accounts that distributions make for QEMU, and the usual unprivileged one, best first.
    static let accounts = ["qemu", "libvirt-qemu"]

    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> QemuChoice? {
        let wanted = configuration.qemu.binary
        guard let qemu = facts.qemu else {
            if facts.isReplay { return assumed(configuration, facts, &notes) }
            if let problem = facts.qemuProblem {
                notes.refuse(.qemu, problem, remedy: "install QEMU again, or set qemu.binary", exit: ExitStatus.osFile)
                return nil
            }
            notes.refuse(
                .qemu, wanted.map { "qemu.binary is \($0), which does not exist" } ?? "qemu-system-x86_64 was not found",
                remedy: "install QEMU (Debian: qemu-system-x86), or set qemu.binary", exit: ExitStatus.osFile)
            return nil
        }
        let version = QemuVersion(qemu.version.first ?? 0, qemu.version.dropFirst().first ?? 0)
        guard version >= oldest else {
            notes.refuse(
                .qemu, "\(qemu.path) is QEMU \(qemu.versionText); macOS needs \(oldest) or newer", remedy: "install a newer QEMU",
                exit: ExitStatus.osFile)
            return nil
        }
        guard let machine = machine(configuration, qemu, &notes) else { return nil }
        notes.pass(.qemu, "\(qemu.path) is QEMU \(qemu.versionText)")
        return QemuChoice(
            binary: qemu.path, version: version, machine: machine, runAs: runAs(configuration, facts, &notes),
            sandbox: sandbox(configuration, qemu, &notes), io: io(configuration, facts, qemu, &notes))
    }

    private static func assumed(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> QemuChoice {
        let machine = configuration.qemu.machine ?? machines[0]
        notes.decide("QEMU", "7.2 assumed", because: "a saved machine's QEMU cannot be asked")
        notes.decide("machine", machine, because: configuration.qemu.machine == nil ? "assumed" : "configured")
        return QemuChoice(
            binary: configuration.qemu.binary ?? "/usr/bin/qemu-system-x86_64", version: oldest, machine: machine,
            runAs: runAs(configuration, facts, &notes), sandbox: configuration.qemu.sandbox,
            io: io(configuration, facts, nil, &notes))
    }

    private static func machine(_ configuration: Configuration, _ qemu: QemuFacts, _ notes: inout PlanNotes) -> String? {
        if let wanted = configuration.qemu.machine {
            guard qemu.machines.contains(wanted) else {
                notes.refuse(
                    .qemu, "qemu.machine is \(wanted), which QEMU \(qemu.versionText) does not have",
                    remedy: "choose one of: " + qemu.machines.filter { $0.hasPrefix("pc-q35-") }.joined(separator: ", "),
                    exit: ExitStatus.config)
                return nil
            }
            notes.decide("machine", wanted, because: "configured")
            return wanted
        }
        guard let machine = machines.first(where: qemu.machines.contains) else {
            let own = qemu.machines.filter { $0.hasPrefix("pc-q35-") }
            notes.refuse(
                .qemu, "QEMU \(qemu.versionText) has none of the machines \(machines.joined(separator: ", "))",
                remedy: own.isEmpty
                    ? "install another QEMU" : "set qemu.machine to one that it has: \(own.joined(separator: ", "))",
                exit: ExitStatus.osFile)
            return nil
        }
        notes.decide("machine", machine, because: "pinned: the guest's hardware does not change with QEMU's next update")
        return machine
    }

    /// QEMU opens everything as root, then drops root.
    private static func runAs(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> RunAs? {
        guard let (user, reason) = user(configuration.qemu.user, facts, &notes) else { return nil }
        guard let user, let uid = UInt32(exactly: user.uid), let gid = UInt32(exactly: user.gid), uid != 0 else {
            notes.decide("QEMU's user", "root", because: reason)
            return nil
        }
        notes.decide("QEMU's user", "\(uid):\(gid)", because: reason)
        let hasRunWith = facts.qemu?.options["run-with"]?.contains("user") ?? false
        return RunAs(uid: uid, gid: gid, hasRunWith: hasRunWith)
    }

    /// An ID that no other account uses: systemd leaves 65520 to 65533 unused (UIDS-GIDS.md). As `nobody`, QEMU could signal dnsmasq and every
    /// other daemon that runs as nobody, and they could write the guest's UEFI variables.
    private static let unnamed = UserFact(uid: 65533, gid: 65533)

    private static func user(_ wish: String, _ facts: HostFacts, _ notes: inout PlanNotes) -> (UserFact?, String)? {
        switch wish {
        case "root": return (nil, "configured")
        case "auto":
            for name in accounts {
                if let user = facts.files.users[name] { return (user, "\(name) of /etc/passwd") }
            }
            return (unnamed, "no account for QEMU in /etc/passwd")
        default:
            let parts = wish.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
            if parts.count == 2, let uid = parts[0], let gid = parts[1] { return (UserFact(uid: Int(uid), gid: Int(gid)), "configured") }
            if let user = facts.files.users[wish] { return (user, "configured") }
            notes.refuse(
                .qemu, "qemu.user is \(wish), which is not in /etc/passwd", remedy: "name an account that exists, or UID:GID",
                exit: ExitStatus.config)
            return nil
        }
    }

    private static func sandbox(_ configuration: Configuration, _ qemu: QemuFacts, _ notes: inout PlanNotes) -> Bool {
        guard configuration.qemu.sandbox else {
            notes.decide("sandbox", "off", because: "configured")
            return false
        }
        guard qemu.options.keys.contains("sandbox") else {
            notes.warn(
                .qemu, "\(qemu.path) was built without seccomp: its system calls are not filtered", remedy: "install a QEMU with seccomp")
            return false
        }
        return true
    }

    private static func io(_ configuration: Configuration, _ facts: HostFacts, _ qemu: QemuFacts?, _ notes: inout PlanNotes) -> DiskIO {
        if let io = configuration.disk.aio { return io }
        if facts.isReplay {
            notes.decide("disk I/O", "native", because: "assumed: a saved machine's kernel cannot be asked for io_uring")
            return .native
        }
        if facts.kernel.hasIOUring, qemu?.options["aio"]?.contains("io_uring") ?? false {
            notes.decide("disk I/O", "io_uring", because: "this kernel and this QEMU have it")
            return .ioUring
        }
        notes.decide("disk I/O", "native", because: facts.kernel.hasIOUring ? "this QEMU has no io_uring" : "this kernel has no io_uring")
        return .native
    }
}
