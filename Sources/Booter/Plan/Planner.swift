import BootSettings
import NetSetup
import QemuArgs

/// (Configuration, HostFacts) -> BootPlan: pure, so that a saved machine gives the same plan anywhere.
struct Planner {
    let configuration: Configuration
    let facts: HostFacts
    /// Modules are loaded and huge pages reserved: what was assumed before is known now.
    var prepared = false
    /// `setup-nat` leaves the tap behind for a QEMU that is started later.
    var persistentTap = false
    /// Files of the configuration that other users can change or read.
    var exposed: [ExposedFile] = []

    /// Always a plan: what makes a run impossible is a finding in it.
    func plan(configured: [String: ConfigurationOrigin] = [:]) -> BootPlan {
        var plan = BootPlan(facts: facts, configured: configured)
        var notes = PlanNotes()
        for file in exposed { notes.warn(.privileges, file.problem, remedy: file.remedy) }
        plan.steps = ModuleTable.steps(configuration, facts)
        Preflight.check(configuration, facts, steps: plan.steps, prepared: prepared, &notes)

        let identity = GuestIdentity.choose(configuration, facts, &notes)
        let sizing = CPUSizing.choose(configuration, facts, &notes)
        let memory = sizing.flatMap { MemorySizing.choose(configuration, facts, vcpus: $0.vcpus, prepared: prepared, &notes) }
        let cpu = CPUChoice.choose(
            configuration, facts, vcpus: sizing?.vcpus,
            physicalBits: memory.flatMap { MemoryCeiling.physicalBits(forGuest: $0.guestBytes) }, &notes)
        let network = sizing.flatMap { NetworkPlan.choose(configuration, facts, identity: identity, vcpus: $0.vcpus, &notes) }
        let disk = DiskChoice.choose(configuration, facts, &notes)
        let installer = InstallerChoice.choose(configuration, facts, &notes)
        let seed = SeedChoice.choose(configuration, facts, &notes)
        let firmware = FirmwareChoice.choose(configuration, facts, &notes)
        let qemu = QemuChoice.choose(configuration, facts, &notes)

        if let step = memory?.step(facts) { plan.steps.append(step) }
        if let network {
            let steps = NetworkSteps(
                plan: network, identity: identity, configuration: configuration, facts: facts, persistentTap: persistentTap)
            steps.check(&notes)
            plan.steps += steps.steps
        }
        if let sizing, let memory, let network, let disk, let installer, let seed, let firmware, let qemu {
            let guest = GuestPlan(
                configuration: configuration, facts: facts, identity: identity, sizing: sizing, memory: memory, cpu: cpu, network: network,
                disk: disk, installer: installer, seed: seed, firmware: firmware, qemu: qemu, prepared: prepared)
            plan.steps += guest.steps
            plan.guest = guest.summary
            plan.qemu = guest.invocation(&notes)
            let pinning = CPUPinning.choose(configuration, facts, vcpus: sizing.vcpus, &notes)
            if configuration.guest.supervise { plan.supervision = Supervision(configuration, facts, pinning: pinning, &notes) }
            if configuration.status.listen != nil, !configuration.guest.supervise {
                notes.warn(
                    .network, "nothing serves a status at status.listen: guest.supervise is off", remedy: "set guest.supervise to true")
            }
        } else if let sizing, let memory, let network {
            plan.draft = GuestDraft.make(missing: (disk == nil, installer == nil, seed == nil, firmware == nil, qemu == nil)) { stand in
                GuestPlan(
                    configuration: configuration, facts: facts, identity: identity, sizing: sizing, memory: memory, cpu: cpu,
                    network: network, disk: disk ?? stand.disk, installer: installer ?? InstallerChoice(),
                    seed: seed ?? SeedChoice(), firmware: firmware ?? stand.firmware, qemu: qemu ?? stand.qemu,
                    prepared: prepared)
            }
        }
        plan.decisions = notes.decisions
        plan.findings = notes.findings
        return plan
    }
}
