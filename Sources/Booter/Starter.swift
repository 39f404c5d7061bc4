import BootSettings
import Diagnostics
import Lifecycle
import LinuxSupport
import NetSetup

/// `boot run`: probe, plan, prepare, look again, apply, become QEMU or stay its parent.
struct Starter {
    let loaded: LoadedConfiguration
    var console = Console()
    private let machine: LiveMachine
    /// With supervision: a stop may be requested before the guest runs.
    private var signals: Signals?

    init(_ loaded: LoadedConfiguration) {
        self.loaded = loaded
        machine = LiveMachine(loaded.configuration)
    }

    /// Returns only by throwing, unless it supervises: after a success this process is QEMU.
    /// - Throws: with supervision also for a guest that did not end by shutting down.
    mutating func run() throws(OperationError) {
        if loaded.configuration.guest.supervise { signals = try Signals() }
        let facts = try console.step("probe the machine") { () throws(OperationError) in try machine.facts() }
        let plan = Planner(configuration: loaded.configuration, facts: facts, exposed: loaded.exposed).plan(configured: loaded.origins)
        // A disk may still appear; nothing else is waited for.
        try refuse(plan, except: [.disk])
        console.expect(plan.steps.count + 3)

        let journal = try Journal.fresh(
            directory: loaded.configuration.state.run, network: RunLock.thisNetwork)
        let stale = journal.undidEarlierRun
        var applier = Applier(journal: journal)
        let end: SupervisedEnd
        do {
            if facts.qemu?.isNew == true { try applier.expectDraft(of: QemuCache.path(run: loaded.configuration.state.run)) }
            remember(facts.qemu)
            try apply(plan.preparation, with: &applier)
            let final = try secondLook(plan, stale: stale)
            let rest = final.steps.filter { !$0.isPreparation }
            console.expect(rest.count + 1)
            try apply(rest, with: &applier)
            guard let supervision = final.supervision, let signals else {
                return try become(final, applier)
            }
            end = try supervise(final, supervision, signals, &applier)
        } catch {
            throw applier.unwind(after: error)
        }
        try end.finish(applier)
    }

    /// Caches QEMU's answers for the next start. A failure is a warning.
    private func remember(_ qemu: QemuFacts?) {
        guard let qemu else { return }
        do {
            try machine.remember(qemu)
        } catch {
            console.warn(.warning(.qemu, "\(error)", remedy: "make state.run writable; until then, each start asks QEMU again"))
        }
    }

    private mutating func apply(_ steps: [Step], with applier: inout Applier) throws(OperationError) {
        for step in steps {
            try signals?.check()
            try console.step(step.title) { () throws(OperationError) in try applier.apply(step) }
            applier.takeFindings().forEach(console.warn)
        }
    }

    /// Waits for disk and uplink, asks KVM, and plans again.
    /// - Parameter stale: undoing an earlier run has changed the machine since the first look.
    private mutating func secondLook(_ plan: BootPlan, stale: Bool) throws(OperationError) -> BootPlan {
        let signals = signals
        let arrivals = try console.step("wait for disk and uplink", result: \.text) { () throws(OperationError) in
            machine.wait(for: plan) { signals?.hasRequest ?? false }
        }
        try signals?.check()
        let facts = try console.step("ask KVM, look again") { () throws(OperationError) in
            try machine.again(plan.facts, prepared: stale || !plan.preparation.isEmpty, waited: stale || arrivals.waited)
        }
        let final = Planner(configuration: loaded.configuration, facts: facts, prepared: true, exposed: loaded.exposed).plan(
            configured: loaded.origins)
        for finding in final.findings where finding.status == .warning { console.warn(finding) }
        try refuse(final, except: [])
        return final
    }

    private mutating func become(_ plan: BootPlan, _ applier: borrowing Applier) throws(OperationError) {
        let (qemu, _) = try announce(plan)
        console.lastStep("become \(qemu.binary), \(console.elapsed) after the start")
        try Exec.become(qemu, applier)
    }

    private mutating func supervise(
        _ plan: BootPlan, _ supervision: Supervision, _ signals: Signals, _ applier: inout Applier
    ) throws(OperationError) -> SupervisedEnd {
        let (qemu, guest) = try announce(plan)
        console.lastStep("start \(qemu.binary), \(console.elapsed) after the start")
        try signals.check()
        var socket = try SupervisorSocket(supervision.socket)
        var web: WebDesk?
        if let address = supervision.listen { web = try WebDesk(address, supervision.browser, &applier) }
        let record = LastStopFile(path: supervision.lastStop)
        try applier.expectDraft(of: record.path)
        let planner = Planner(configuration: loaded.configuration, facts: plan.facts, prepared: true, exposed: loaded.exposed)
        let uplink = try UplinkWatch(planner, machine)
        var supervisor = Supervisor(qemu, supervision, guest, signals, record, web, uplink)
        let outcome = supervisor.run(&applier, &socket)
        return SupervisedEnd(outcome: outcome, socket: socket, powersOff: outcome == .poweredOff && supervision.afterPowerOff == .poweroff)
    }

    private func announce(_ plan: BootPlan) throws(OperationError) -> (QemuInvocation, GuestSummary) {
        guard let qemu = plan.qemu, let guest = plan.guest else {
            throw OperationError("plan", "guest", cause: "it has neither a refusal nor a command line", exit: ExitStatus.software)
        }
        console.say(
            "guest: \(guest.vcpus == 1 ? "1 vCPU" : "\(guest.vcpus) vCPUs"), \(guest.memoryMiB) MiB, \(guest.disk), \(guest.nic) \(guest.mac) at \(guest.address), VNC \(guest.vnc)"
        )
        for forward in guest.forwards { console.say("forward: \(forward)") }
        return (qemu, guest)
    }

    private func refuse(_ plan: BootPlan, except areas: Set<Finding.Area>) throws(OperationError) {
        let failures = plan.findings.filter { $0.status == .failure && !areas.contains($0.area) }
        guard let first = failures.first else { return }
        for other in failures.dropFirst() { Console.error("boot: \(other.message)\n" + (other.remedy.map { "  \($0)\n" } ?? "")) }
        throw OperationError(first)
    }
}
