import BootSettings
import Diagnostics
import KVM
import LinuxSupport
import NetSetup
import NetworkValues

/// The running machine, as `boot` asks it: everything once, and again what changes while it starts.
struct LiveMachine {
    let configuration: Configuration
    let probe: HostProbe

    init(_ configuration: Configuration, root: FileRoot = .live) {
        self.configuration = configuration
        probe = HostProbe(
            root: root, configuration: configuration, modules: ModuleTable.names, nodes: DeviceNode.all.map(\.path))
    }

    /// Without KVM: its modules may not be loaded yet.
    func facts() throws(OperationError) -> HostFacts { try probe.facts() }

    /// With KVM, if its node is there: for the commands that look and change nothing. A saved machine's KVM is not this one's.
    func factsWithKVM() throws(OperationError) -> HostFacts {
        var facts = try probe.facts()
        if !facts.isReplay, facts.files.nodes.contains(DeviceNode.kvm.path) { facts.kvm = KVMProbe.probe() }
        return facts
    }

    /// KVM's answers, and again what may have changed since `before`.
    /// - Parameters:
    ///   - prepared: modules were loaded or huge pages reserved.
    ///   - waited: time has passed, for disks and links to appear.
    func again(_ before: HostFacts, prepared: Bool = true, waited: Bool = true) throws(OperationError) -> HostFacts {
        var facts = before
        if prepared {
            facts.kernel = probe.kernel()
            facts.memory = try probe.memory()
            facts.files = probe.files()
        }
        if waited {
            facts.network = probe.network()
            facts.disks = probe.disks()
        }
        if configuration.guest.accelerator == .kvm { facts.kvm = KVMProbe.probe() }
        return facts
    }

    /// What came while we waited.
    struct Arrivals {
        /// For the progress display.
        var text: String
        /// Not all was there at once.
        var waited: Bool
    }

    /// Keeps QEMU's answers for the next start.
    func remember(_ qemu: QemuFacts) throws(OperationError) { try probe.remember(qemu) }

    /// Until the disk and a default route are there, each for as long as the configuration says.
    func wait(for plan: BootPlan, disk: Bool = true) -> Arrivals {
        var words: [String] = []
        var waited = false
        if !disk {
            // The network alone is wanted.
        } else if !plan.findings.contains(where: { $0.stage == .disk && $0.status == .failure }) {
            words.append("disk is there")
        } else {
            waited = true
            words.append(Wait.until(seconds: configuration.disk.wait) { hasDisk(plan.facts) } ? "disk came" : "no disk")
        }
        if hasUplink(plan.facts.network) {
            words.append("uplink is there")
        } else {
            waited = true
            // A router advertisement is faster than a DHCP lease: where there is one, IPv4 gets some seconds more, not all of them.
            let patience =
                plan.facts.network.routes6.contains(where: \.isDefault) ? min(configuration.network.wait, 5) : configuration.network.wait
            words.append(Wait.until(seconds: patience) { hasUplink(probe.network()) } ? "uplink came" : "no uplink")
        }
        return Arrivals(text: words.joined(separator: ", "), waited: waited)
    }

    private func hasDisk(_ before: HostFacts) -> Bool {
        var facts = before
        facts.disks = probe.disks()
        var notes = PlanNotes()
        return DiskChoice.choose(configuration, facts, &notes) != nil
    }

    private func hasUplink(_ network: NetworkFacts) -> Bool {
        if let wanted = configuration.network.uplink { return network.links.contains { $0.name == wanted.description } }
        return !network.defaultRoutes4.isEmpty
    }
}
