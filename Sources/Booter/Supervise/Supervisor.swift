import CLinux
import Diagnostics
import Glibc
import Lifecycle
import LinuxSupport
import QMP
import SystemPackage

/// Runs the guest of a plan that was applied, to its end: the hands of `Lifecycle`, in one thread around poll(2).
struct Supervisor: ~Copyable {
    let invocation: QemuInvocation
    let supervision: Supervision
    let guest: GuestSummary
    private let signals: Signals
    private let record: LastStopFile
    /// Of the run before this one.
    let lastStop: LastStop?
    var life: Lifecycle
    var phaseSince = ContinuousClock.now
    var qemu: SupervisedQemu?
    var output = OutputRelay(to: STDOUT_FILENO, keeping: Supervisor.outputLimit)
    private var errors = OutputRelay(to: STDERR_FILENO, keeping: 4096)
    var keys = GuestInput()
    private var server = ServerWatch(nil)
    var readiness: ReadinessWatch
    var disks = DiskFigures()
    var web: WebDesk?
    /// Who waits for figures.
    var waiting: [Asker] = []
    enum Asker {
        /// A client of the socket.
        case client(Int, SupervisorRequest)
        /// A connection of HTTP, with the page.
        case web(Int, String)
    }
    private var buttons = PowerButtons()
    var pressure: MemoryPressure
    private var uplink: UplinkWatch?
    private let terminal = TerminalState()
    /// When the last QEMU was started.
    private var launched = ContinuousClock.now
    let began = ContinuousClock.now
    var log = EventLog()
    /// Of the lifecycle.
    private var deadline: ContinuousClock.Instant?
    private var outcome: LifecycleOutcome?
    /// Events that come from within: what clients of the socket ask for, and a QEMU that could not be started.
    var requested: [LifecycleEvent] = []

    /// How much of the guest's output `boot log` can show: less than a socket holds, so that answering never waits.
    private static let outputLimit = 64 << 10
    /// How long the readers of our outputs may take for QEMU's last words.
    private static let lastWords = Duration.seconds(1)

    /// - Parameter web: serves the status, too; nil for no such server.
    init(
        _ invocation: QemuInvocation, _ supervision: Supervision, _ guest: GuestSummary, _ signals: Signals, _ record: LastStopFile,
        _ web: consuming WebDesk?, _ uplink: consuming UplinkWatch?
    ) {
        self.web = web
        self.uplink = uplink
        pressure = MemoryPressure(supervision.pressure)
        (self.invocation, self.supervision, self.guest, self.signals) = (invocation, supervision, guest, signals)
        (self.record, lastStop) = (record, record.read())
        life = Lifecycle(policy: supervision.policy)
        readiness = ReadinessWatch(port: supervision.readyPort, leases: supervision.leases, mac: guest.mac)
    }

    /// Until the guest is off for good. Its QEMU has ended then.
    mutating func run(_ applier: inout Applier, _ socket: inout SupervisorSocket) -> LifecycleOutcome {
        // Readers of our outputs may leave before the guest does.
        signal(SIGPIPE, SIG_IGN)
        // In the background of a terminal, the kernel would stop who writes to it or changes it: nobody would hear the guest. QEMU gets
        // the default back.
        signal(SIGTTOU, SIG_IGN)
        // `boot run` and `boot down` tell a guest that runs from a start by the name of the process that holds the lock.
        _ = "boot-guest".withCString(mv_set_name)
        server = ServerWatch(applier.serverProcess)
        if let problem = pressure.problem { log.add("a lack of memory is not reported in advance: \(problem)") }
        if let lastStop { log.add("the last run: \(lastStop)") }
        noteWeb()
        let start = time(nil)
        keep(LastStop(began: start))
        handle(.start, &applier)
        while outcome == nil {
            let hasRoom = keys.hasRoom
            let ready = wait(socket, hasRoom: hasRoom)
            keys.move(ready)
            serve(ready, &socket, hasRoom: hasRoom)
            takeOutput(ready, &socket)
            if let monitor, ready.contains(monitor) { hear(&applier) }
            watchServer(ready, applier)
            watchReadiness(ready)
            serveWeb(ready, &applier)
            answer(&socket, &applier)
            followUplink(ready, &applier)
            if let notice = pressure.notice(ready) { log.add(notice) }
            while let signal = signals.nextRequest() {
                log.add("got signal \(signal)")
                handle(.signal, &applier)
            }
            if buttons.arePressed(ready) {
                log.add("this machine's power button was pressed")
                requested.append(.stopRequest)
            }
            while !requested.isEmpty { handle(requested.removeFirst(), &applier) }
            endIfQemuHas(&applier, &socket)
            if let deadline, deadline <= .now {
                self.deadline = nil
                handle(.deadline, &applier)
            }
            Signals.reap(except: qemu?.identifier)
        }
        let end = ContinuousClock.now + Self.lastWords
        output.flush(until: end)
        errors.flush(until: end)
        terminal?.restore()
        let outcome = outcome ?? .poweredOff
        keep(
            LastStop(
                began: start,
                end: .init(
                    time: time(nil), stage: life.lastStage, exitCode: outcome.error?.exitCode ?? 0, reason: outcome.reason,
                    seconds: Int((ContinuousClock.now - began).components.seconds), starts: life.starts)))
        socket.finish(outcome)
        return outcome
    }

    /// A guest runs as well without its record.
    private mutating func keep(_ stop: LastStop) {
        do {
            try record.write(stop)
        } catch {
            log.add("\(error.headline): the next start will not know how this one ended")
        }
    }

    var monitor: Int32? {
        switch qemu {
        case .some(let qemu): qemu.link.rawValue
        case .none: nil
        }
    }

    /// - Returns: the descriptors that are ready.
    private func wait(_ socket: borrowing SupervisorSocket, hasRoom: Bool) -> [Int32] {
        var polled = [signals.rawValue].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        for descriptor in buttons.descriptors + [monitor, server.rawValue].compactMap({ $0 }) {
            polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        for watched in watchedWeb { polled.append(pollfd(fd: watched.descriptor, events: watched.events, revents: 0)) }
        if let descriptor = readiness.rawValue { polled.append(pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)) }
        if let uplink = uplinkDescriptors { polled += uplink.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
        if let pressure = pressure.rawValue { polled.append(pollfd(fd: pressure, events: Int16(POLLPRI), revents: 0)) }
        for watched in [output.watched, errors.watched].compactMap({ $0 }) + keys.watched + socket.watched(hasRoom: hasRoom) {
            polled.append(pollfd(fd: watched.descriptor, events: watched.events, revents: 0))
        }
        let next = [deadline, server.retry, readiness.deadline, disks.deadline, webDeadline, uplinkDue].compactMap { $0 }.min()
        let timeout = requested.isEmpty ? next.map { PollDeadline($0).milliseconds } ?? -1 : 0
        let count = poll(&polled, nfds_t(polled.count), timeout)
        return count > 0 ? polled.filter { $0.revents != 0 }.map(\.fd) : []
    }

    private mutating func handle(_ event: LifecycleEvent, _ applier: inout Applier) {
        let before = life.phase
        for action in life.handle(event) { carryOut(action, &applier) }
        if life.phase != before { phaseSince = .now }
        switch event {
        case .ready, .reset: if life.phase == .running { readiness.begin() }
        case .ended, .shutdown: readiness.end()
        default: break
        }
    }

    private mutating func carryOut(_ action: LifecycleAction, _ applier: inout Applier) {
        switch action {
        case .launch: launch(&applier)
        case .pressPowerButton: order(.powerdown, &applier)
        case .resume: order(.cont, &applier)
        case .quit: order(.quit, &applier)
        case .terminate: qemu?.send(SIGTERM)
        case .kill: qemu?.send(SIGKILL)
        case .arm(let time): deadline = .now + time
        case .disarm: deadline = nil
        case .report(let report): tell(report)
        case .finish(let outcome): self.outcome = outcome
        }
    }

    private mutating func launch(_ applier: inout Applier) {
        do {
            let vhost = try applier.vhost(count: invocation.vhostDescriptors.count)
            let kept = applier.journal.lockDescriptors + applier.claims.numbers
            let inherited =
                Array(zip(applier.tapDescriptors, invocation.tapDescriptors)) + Array(zip(vhost.numbers, invocation.vhostDescriptors))
                + kept.map { ($0, $0) }
            qemu = nil
            launched = .now
            var started = try start(inherited)
            let heard = started.link.open(asksThreads: supervision.pinning != nil)
            qemu = consume started
            if supervision.hasConsole { terminal?.makeRaw() }
            note(heard, &applier)
        } catch {
            requested.append(.startFailed(error.headline))
        }
    }

    private mutating func start(_ inherited: [(descriptor: Int32, number: Int32)]) throws(OperationError) -> SupervisedQemu {
        do {
            return try SupervisedQemu.start(
                invocation, inherited: inherited, relays: &output, &errors, keys: &keys, hasConsole: supervision.hasConsole)
        } catch {
            throw OperationError("start", invocation.binary, cause: error.description, remedy: "check qemu.binary", exit: .osFile)
        }
    }

    private mutating func tell(_ report: LifecycleReport) {
        log.add(report.description)
        switch report {
        case .failed:
            log.add("QEMU's last words", lastLinesOf: errors.recent.contents, count: 5)
            log.add("the guest's last output", lastLinesOf: output.recent.contents, count: 5)
        default: break
        }
    }

    // MARK: - QEMU

    mutating func order(_ command: Command<Void>, _ applier: inout Applier) {
        if let heard = qemu?.link.order(command) { note(heard, &applier) }
    }

    private mutating func hear(_ applier: inout Applier, portions: Int = MonitorLink.portions) {
        if let heard = qemu?.link.receive(portions: portions) { note(heard, &applier) }
    }

    mutating func note(_ heard: [MonitorLink.Heard], _ applier: inout Applier) {
        for item in heard {
            switch item {
            case .event(let event): handle(event, &applier)
            case .note(let text): log.add(text)
            case .answer(let number, let answer):
                disks.take(number, answer)
                web?.finish(number, isWritten: true)
            case .refusal(let number, _):
                disks.take(number, nil)
                web?.finish(number, isWritten: false)
            case .deviceDeleted: break
            case .threads(let threads): pin(threads)
            }
        }
    }

    private mutating func takeOutput(_ ready: [Int32], _ socket: inout SupervisorSocket) {
        if let watched = output.watched, ready.contains(watched.descriptor) { socket.pass(output.move()) }
        if let watched = errors.watched, ready.contains(watched.descriptor) { _ = errors.move() }
    }

    private mutating func endIfQemuHas(_ applier: inout Applier, _ socket: inout SupervisorSocket) {
        guard let status = qemu?.end() else { return }
        // What it said last comes before its end.
        hear(&applier, portions: .max)
        socket.pass(output.drain())
        _ = errors.drain()
        let time = ContinuousClock.now - launched
        qemu = nil
        disks.forget()
        web?.forgetPicture()
        keys.detach()
        terminal?.restore()
        let end: ProcessEnd =
            switch status {
            case .exited(let code): .exited(code)
            case .signalled(let signal): .signalled(signal)
            }
        handle(.ended(end, after: time), &applier)
    }

    private mutating func pin(_ threads: [Int32]) {
        guard let pinning = supervision.pinning, let identifier = qemu?.identifier else { return }
        do {
            try ThreadAffinity.apply(pinning, threads: threads, of: identifier)
            log.add("the vCPUs are pinned to CPUs \(pinning.vcpus.map { String($0) }.joined(separator: ", "))")
        } catch {
            log.add("the vCPUs are not pinned to CPUs: \(error.description)")
        }
    }

    // MARK: - The uplink

    private var uplinkDescriptors: [Int32]? {
        switch uplink {
        case .some(let uplink): uplink.descriptors
        case .none: nil
        }
    }

    private var uplinkDue: ContinuousClock.Instant? {
        switch uplink {
        case .some(let uplink): uplink.due
        case .none: nil
        }
    }

    private mutating func followUplink(_ ready: [Int32], _ applier: inout Applier) {
        uplink?.hear(ready)
        guard let result = uplink?.follow(&applier) else { return }
        for event in result.events { log.add(event) }
        guard result.restartedServer else { return }
        if let process = applier.serverProcess { server.watch(process) } else { _ = server.fail() }
    }

    // MARK: - dnsmasq

    private mutating func watchServer(_ ready: [Int32], _ applier: borrowing Applier) {
        if let number = server.rawValue, ready.contains(number) {
            let delay = server.fail()
            log.add("dnsmasq has ended: starting it again in \(delay.components.seconds) s")
        }
        guard let retry = server.retry, retry <= .now else { return }
        do {
            try applier.restartServer()
            if let process = applier.serverProcess { server.watch(process) } else { _ = server.fail() }
            log.add("dnsmasq runs again")
        } catch {
            let delay = server.fail()
            log.add("\(error.headline); trying again in \(delay.components.seconds) s")
        }
    }

    private mutating func watchReadiness(_ ready: [Int32]) {
        guard readiness.turn(ready) else { return }
        log.add(readiness.readiness.missing == nil ? "the guest is ready" : "the guest is not ready any more: it does not answer")
    }
}
