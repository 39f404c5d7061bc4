import BootSettings
import Diagnostics
import Glibc
import KVM
import LinuxSupport
import NetSetup
import NetworkValues
import QemuArgs

/// Reads the running machine: everything once, and again what changes while `boot` starts.
struct LiveMachine {
    let configuration: Configuration
    let probe: HostProbe

    init(_ configuration: Configuration, root: FileRoot = .live) {
        self.configuration = configuration
        probe = HostProbe(
            root: root, configuration: configuration, modules: ModuleTable.names, nodes: DeviceNode.all.map(\.path))
    }

    /// Everything but KVM, whose modules may not be loaded yet.
    func facts() throws(OperationError) -> HostFacts { try probe.facts() }

    /// With KVM, if its device node exists: for the commands that change nothing. A saved machine's KVM cannot be asked.
    func factsWithKVM() throws(OperationError) -> HostFacts {
        var facts = try probe.facts()
        if !facts.isReplay, facts.files.nodes.contains(DeviceNode.kvm.path) { facts.kvm = KVMProbe.probe() }
        return facts
    }

    /// Asks KVM, and reads again what may have changed since `before`.
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

    /// The result of waiting for disk and uplink.
    struct Arrivals {
        /// For the progress display.
        var text: String
        /// Whether something was missing at first: then facts that were read before are out of date.
        var waited: Bool
    }

    /// Keeps QEMU's answers for the next start.
    func remember(_ qemu: QemuFacts) throws(OperationError) { try probe.remember(qemu) }

    /// Waits for the disk and a default route, each at most as long as the configuration says.
    func wait(for plan: BootPlan, disk: Bool = true) -> Arrivals {
        var words: [String] = []
        var waited = false
        if !disk {
            // `setup-nat` needs the network only.
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
            // A router advertisement comes before a DHCP lease. A machine with IPv6 may have no IPv4 at all, so that waiting the full
            // time for it would delay every start.
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

/// Polls until a condition holds.
enum Wait {
    /// Calls `ready` at once and then ten times a second, until it returns true or `seconds` have passed.
    ///
    /// Disks and DHCP leases appear in many ways (udev, dhcpcd, the kernel's own probing): reading again what the probe reads is
    /// simpler than listening to all of them.
    /// - Returns: whether the condition held in time.
    static func until(seconds: Int, _ ready: () -> Bool) -> Bool {
        let deadline = Console.now() + seconds * 1_000_000
        while !ready() {
            guard Console.now() < deadline else { return false }
            usleep(100_000)
        }
        return true
    }
}
