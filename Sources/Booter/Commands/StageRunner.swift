import BootSettings
import Diagnostics
import NetSetup
import NetworkValues

/// Runs one stage of a start, for debugging. `boot down` undoes it by the journal.
struct StageRunner {
    private var loaded: LoadedConfiguration
    private let machine: LiveMachine
    private var console = Console()

    init(_ loaded: LoadedConfiguration) {
        self.loaded = loaded
        // A stage ends, or becomes QEMU.
        self.loaded.configuration.guest.supervise = false
        machine = LiveMachine(self.loaded.configuration)
    }

    mutating func loadModules() throws(OperationError) {
        let facts = try machine.facts()
        let plan = planner(facts).plan()
        try refuse(plan, for: [.privileges, .cpu, .modules])
        var applier = try begin()
        do {
            try apply(plan.steps.filter { $0.stage == .modules }, with: &applier)
        } catch {
            throw applier.unwind(after: error)
        }
        let after = try console.step("ask KVM") { () throws(OperationError) in try machine.again(facts) }
        var final = planner(after)
        final.prepared = true
        let result = final.plan()
        for finding in result.findings where [.cpu, .modules, .kvm].contains(finding.area) {
            console.say(FindingText.lines(finding).joined(separator: "\n"))
        }
        try refuse(result, for: [.cpu, .modules, .kvm])
    }

    mutating func setupNAT() throws(OperationError) {
        let facts = try machine.facts()
        var planner = planner(facts)
        planner.persistentTap = true
        var plan = planner.plan()
        try refuse(plan, for: [.privileges, .network])
        let arrivals = try console.step("wait for uplink", result: \.text) { () throws(OperationError) in
            machine.wait(for: plan, disk: false)
        }
        if arrivals.waited {
            planner = self.planner(try machine.again(facts))
            planner.persistentTap = true
            plan = planner.plan()
            try refuse(plan, for: [.network])
        }
        plan.findings.filter { $0.area == .network && $0.status == .warning }.forEach(console.warn)
        var applier = try begin()
        do {
            try apply(plan.steps.filter { $0.stage == .network }, with: &applier)
        } catch {
            throw applier.unwind(after: error)
        }
    }

    mutating func runQemu() throws(OperationError) {
        let facts = try machine.again(try machine.facts())
        var planner = planner(facts)
        planner.prepared = true
        let plan = planner.plan()
        try refuse(plan, for: Set(Finding.Area.allCases))
        let tap = loaded.configuration.network.tap
        // Asked by netlink: /sys can be that of another network namespace.
        guard try isTapOfOurs(tap) else {
            throw OperationError(
                "attach to", tap.description, cause: "there is no such tap of boot's", remedy: "run boot setup-nat first",
                exit: ExitStatus.noInput)
        }
        guard let qemu = plan.qemu else {
            throw OperationError("plan", "guest", cause: "it has no command line", exit: ExitStatus.software)
        }
        var applier = try begin()
        let attach = plan.steps.filter { if case .createTap = $0 { true } else { false } }
        do {
            try apply(attach + plan.steps.filter { $0.stage == .guest }, with: &applier)
            console.lastStep("become \(qemu.binary)")
            try Exec.become(qemu, applier)
        } catch {
            throw applier.unwind(after: error)
        }
    }

    private func isTapOfOurs(_ tap: InterfaceName) throws(OperationError) -> Bool {
        do {
            return try Links().isOurs(tap) == true
        } catch {
            throw OperationError("find", tap.description, cause: "\(error)", exit: ExitStatus.osError)
        }
    }

    private func planner(_ facts: HostFacts) -> Planner {
        Planner(configuration: loaded.configuration, facts: facts, exposed: loaded.exposed)
    }

    /// Continues the journal of an earlier stage.
    private func begin() throws(OperationError) -> Applier {
        let journal = try Journal.open(directory: loaded.configuration.state.run, network: RunLock.thisNetwork)
        let earlier = journal.entries.count
        return Applier(journal: journal, keeping: earlier)
    }

    private mutating func apply(_ steps: [Step], with applier: inout Applier) throws(OperationError) {
        console.expect(steps.count)
        for step in steps {
            try console.step(step.title) { () throws(OperationError) in try applier.apply(step) }
            applier.takeFindings().forEach(console.warn)
        }
    }

    private func refuse(_ plan: BootPlan, for areas: Set<Finding.Area>) throws(OperationError) {
        if let finding = plan.findings.first(where: { $0.status == .failure && areas.contains($0.area) }) {
            throw OperationError(finding)
        }
    }
}
