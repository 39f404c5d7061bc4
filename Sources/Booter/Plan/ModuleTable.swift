import BootSettings
import DiskFormats
import QemuArgs

/// Which kernel modules a run needs, in the order of loading, and why.
struct ModuleTable: Equatable, Sendable {
    struct Row: Equatable, Sendable {
        var name: String
        var parameters = ""
        /// Missing only costs speed or a feature.
        var optional = false
    }

    static func rows(_ configuration: Configuration, _ cpu: CPUFacts) -> [Row] {
        var rows: [Row] = []
        if configuration.guest.accelerator == .kvm {
            // XNU reads MSRs that KVM does not have (0x35, 0x194, ...) and would get a #GP:
            // https://www.contrib.andrew.cmu.edu/~somlo/OSXKVM/
            rows.append(Row(name: "kvm", parameters: "ignore_msrs=1"))
            switch cpu.virtualization {
            case .vmx: rows.append(Row(name: "kvm_intel"))
            case .svm: rows.append(Row(name: "kvm_amd"))
            // Preflight refuses; the plan still shows the rest.
            case nil: break
            }
        }
        // The tap device.
        rows.append(Row(name: "tun"))
        // The kernel moves packets without going through QEMU; only virtio can use it.
        if configuration.nicModel == .virtio { rows.append(Row(name: "vhost_net", optional: true)) }
        return rows + firewall
    }

    /// crc32c_generic provides what libcrc32c, below nf_tables, asks for by name: modules.dep does not list it.
    private static let firewall = [
        Row(name: "crc32c_generic", optional: true),
        Row(name: "nf_tables"),
        // type nat chains; masquerade; dnat; conntrack state and status; fib: is the address one of our own?
        Row(name: "nft_chain_nat"), Row(name: "nft_masq"), Row(name: "nft_nat"), Row(name: "nft_ct"), Row(name: "nft_fib_inet"),
    ]

    /// Every name that a plan can contain, for the probe.
    static let names = ["kvm", "kvm_intel", "kvm_amd", "tun", "vhost_net"] + firewall.map(\.name)

    static func steps(_ configuration: Configuration, _ facts: HostFacts) -> [Step] {
        var steps: [Step] = []
        for row in rows(configuration, facts.cpu) {
            // Without a module directory the firewall's parts, which show nowhere, are taken for built in: if one is not, the
            // firewall's own error names it.
            let assumed = !facts.kernel.hasModuleDirectory && firewall.contains(row)
            // The firewall does without.
            if row.name == "nft_fib_inet", !facts.kernel.hasAddressLookup { continue }
            if !facts.kernel.has(row.name), !assumed, !(row.optional && !facts.kernel.hasModuleDirectory) {
                steps.append(.loadModule(name: row.name, parameters: row.parameters, optional: row.optional))
            }
        }
        // A kvm that was there before us keeps its parameters: correct the one that matters.
        if configuration.guest.accelerator == .kvm, let value = facts.kernel.moduleParameters["kvm.ignore_msrs"], value != "Y" {
            steps.append(.setModuleParameter(module: "kvm", parameter: "ignore_msrs", value: "1"))
        }
        return steps + nodes(configuration, facts)
    }

    private static func nodes(_ configuration: Configuration, _ facts: HostFacts) -> [Step] {
        var wanted: [DeviceNode] = [.tun]
        if configuration.guest.accelerator == .kvm { wanted.insert(.kvm, at: 0) }
        if configuration.nicModel == .virtio, facts.kernel.has("vhost_net") { wanted.append(.vhostNet) }
        return wanted.filter { !facts.files.nodes.contains($0.path) }.map(Step.createNode)
    }
}
