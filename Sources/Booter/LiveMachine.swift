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
            root: root, configuration: configuration, questions: MachineQuestions(configuration))
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
        }
        if prepared || waited { facts.files = probe.files() }
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

    /// Waits for the disk and a default route side by side, each at most as long as the configuration says.
    ///
    /// A disk is required, and so is an uplink that the configuration names: a run without it is refused, so waiting longer for the
    /// other one would be pointless.
    func wait(for plan: BootPlan, disk: Bool = true, unless isInterrupted: () -> Bool = { false }) -> Arrivals {
        var words: [String] = []
        var awaited: [(name: String, thing: Wait.Thing)] = []
        // `setup-nat` needs the network only.
        if disk {
            if plan.findings.contains(where: { $0.area == .disk && $0.status == .failure }) {
                awaited.append(("disk", Wait.Thing(seconds: configuration.disk.wait, isRequired: true) { hasDisk(plan.facts) }))
            } else {
                words.append("disk is there")
            }
        }
        if hasUplink(plan.facts.network) {
            words.append("uplink is there")
        } else {
            // A router advertisement comes before a DHCP lease. A machine with IPv6 may have no IPv4 at all, so that waiting the full
            // time for it would delay every start.
            let hasIPv6 = plan.facts.network.routes6.contains(where: \.isDefault)
            let seconds = hasIPv6 ? min(configuration.network.wait, 5) : configuration.network.wait
            let isRequired = configuration.network.uplink != nil
            awaited.append(("uplink", Wait.Thing(seconds: seconds, isRequired: isRequired) { hasUplink(probe.network()) }))
        }
        let came = Wait.forAll(awaited.map { $0.thing }, unless: isInterrupted)
        for (thing, came) in zip(awaited, came) { words.append(came ? "\(thing.name) came" : "no \(thing.name)") }
        return Arrivals(text: words.joined(separator: ", "), waited: !awaited.isEmpty)
    }

    private func hasDisk(_ before: HostFacts) -> Bool {
        var facts = before
        facts.disks = probe.disks()
        // The installer disk and the seed come as late as the other one.
        if configuration.disk.installer != nil || configuration.guest.seed != nil { facts.files = probe.files() }
        var notes = PlanNotes()
        return DiskChoice.choose(configuration, facts, &notes) != nil && InstallerChoice.choose(configuration, facts, &notes) != nil
            && SeedChoice.choose(configuration, facts, &notes) != nil
    }

    private func hasUplink(_ network: NetworkFacts) -> Bool {
        if let wanted = configuration.network.uplink { return network.links.contains { $0.name == wanted.description } }
        return !network.defaultRoutes4.isEmpty
    }
}

/// Polls until things are there.
enum Wait {
    struct Thing {
        /// How long to wait for it.
        var seconds: Int
        /// Whether to give up the others when it does not come.
        var isRequired = false
        var isThere: () -> Bool
    }

    /// Looks for all of them at once and then ten times a second, for each until it is there or its time has passed.
    ///
    /// Disks and DHCP leases appear in many ways (udev, dhcpcd, the kernel's own probing): reading again what the probe reads is
    /// simpler than listening to all of them.
    /// - Returns: for each, whether it came.
    static func forAll(_ things: [Thing], unless isInterrupted: () -> Bool = { false }) -> [Bool] {
        var came = [Bool?](repeating: nil, count: things.count)
        let start = Console.now()
        while true {
            for (index, thing) in things.enumerated() where came[index] == nil {
                if thing.isThere() {
                    came[index] = true
                } else if Console.now() - start >= thing.seconds * 1_000_000 {
                    came[index] = false
                }
            }
            let isOver = came.allSatisfy { $0 != nil } || zip(things, came).contains { $0.isRequired && $1 == false }
            if isOver || isInterrupted() { return came.map { $0 ?? false } }
            usleep(100_000)
        }
    }
}
