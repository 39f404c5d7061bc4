import NetSetup
import NetworkValues

/// The closed list of effects. `Applier` is the only switch that carries them out.
enum Step: Codable, Equatable, Sendable {
    /// modprobe <name> <parameters>. An optional module that is not there only costs speed or a feature.
    case loadModule(name: String, parameters: String, optional: Bool)
    /// echo <value> > /sys/module/<module>/parameters/<parameter>
    case setModuleParameter(module: String, parameter: String, value: String)
    /// mknod <path> c <major> <minor>, when devtmpfs has not made it.
    case createNode(DeviceNode)
    /// echo <pages> > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
    case reserveHugepages(pages: Int)
    /// sysctl -w <path>=<value>; an optional one may be missing or read-only.
    case writeSysctl(path: String, value: String, optional: Bool)
    /// ip tuntap add <name> mode tap vnet_hdr [multi_queue]; without `persistent` it lives as long as its descriptors.
    case createTap(name: InterfaceName, queues: Int, persistent: Bool)
    /// ip link set <name> address <mac> mtu <mtu> up
    case bringUp(name: InterfaceName, mac: MACAddress, mtu: Int)
    /// ip link set <name> mtu <mtu>, while the guest runs.
    case setMTU(name: InterfaceName, mtu: Int)
    /// ip address add <address>/<prefix> dev <name>
    case addAddress4(name: InterfaceName, address: IPv4Address, prefixLength: Int)
    /// ip address add <address>/<prefix> dev <name> nodad
    case addAddress6(name: InterfaceName, address: IPv6Address, prefixLength: Int)
    /// ip rule add pref 50 to <network> lookup main
    case addRule4(IPv4Network)
    case addRule6(IPv6Network)
    /// nft -f: our table, replaced as one transaction.
    case installFirewall(NATRules)
    /// install -d -m <mode> -o <owner> <path>
    case makeDirectory(path: String, mode: UInt32, owner: UserFact?)
    /// Does nothing: QEMU creates the socket, and `boot down` removes one that QEMU leaves behind.
    case expectSocket(path: String)
    case writeFile(path: String, text: String, mode: UInt32)
    /// dnsmasq --conf-file=<configuration>: returns when it serves.
    case startDnsmasq(binary: String, configuration: String, pidFile: String)
    /// Sends DHCP replies without a UDP checksum, because clients drop those with an incomplete one.
    case dropDHCPChecksums(pidFile: String)
    /// Opens the disk exclusively and checks that it is still the one that the plan saw.
    case claimDisk(path: String, size: Int)
    /// cp --no-clobber: the firmware's variables, the guest's own from then on.
    case copyFile(from: String, to: String, owner: UserFact?)
    /// As `copyFile`, from the guest's own file if that is there and of the template's size: for this run only.
    case copyForRun(from: String, template: String, to: String, owner: UserFact?)
    /// Writes a small file that outlives the run, unless it is there. A failure is a warning.
    case keepFile(path: String, text: String)
    /// A password file without its last newline, which QEMU would take for a part of the password; readable to nobody else.
    case copySecret(from: String, to: String)
    /// A key file of mode 0600 as a device of QEMU's configuration; readable to nobody else.
    case copyKey(from: String, to: String)
    /// A disk image of the files of a directory, readable to nobody else: they can have the hash of a password.
    case makeSeed(from: String, to: String)
    /// open /dev/vhost-net once a queue, for QEMU to inherit.
    case openVhost(queues: Int)
    /// echo <score> > /proc/self/oom_score_adj; QEMU inherits it.
    case setOOMScore(Int)

    /// The command that carries it out: `load-modules`, `setup-nat`, `run-qemu`.
    enum Stage: String, Codable, Sendable, CaseIterable { case modules, memory, network, guest }

    var stage: Stage {
        switch self {
        case .loadModule, .setModuleParameter, .createNode: .modules
        case .reserveHugepages: .memory
        case .writeSysctl, .createTap, .bringUp, .setMTU, .addAddress4, .addAddress6, .addRule4, .addRule6, .installFirewall, .writeFile,
            .startDnsmasq,
            .dropDHCPChecksums:
            .network
        case .makeDirectory, .expectSocket, .claimDisk, .copyFile, .copyForRun, .keepFile, .copySecret, .copyKey, .makeSeed, .openVhost,
            .setOOMScore:
            .guest
        }
    }

    /// Must be done before the probe can ask what KVM offers and how many huge pages there are.
    var isPreparation: Bool { stage == .modules || stage == .memory }

    /// One line for the progress display and for people.
    var title: String {
        switch self {
        case .loadModule(let name, let parameters, let optional):
            "load module \(name)" + (parameters.isEmpty ? "" : " " + parameters) + (optional ? " (optional)" : "")
        case .setModuleParameter(let module, let parameter, let value): "set \(module).\(parameter)=\(value)"
        case .createNode(let node): "create \(node.path)"
        case .reserveHugepages(let pages): "reserve \(pages) huge pages of 2 MiB"
        case .writeSysctl(let path, let value, _): "sysctl \(path)=\(value)"
        case .createTap(let name, let queues, let persistent):
            "create \(name), \(queues) queue\(queues == 1 ? "" : "s")" + (persistent ? ", persistent" : "")
        case .bringUp(let name, let mac, let mtu): "bring up \(name) mtu \(mtu) address \(mac)"
        case .setMTU(let name, let mtu): "set mtu \(mtu) of \(name)"
        case .addAddress4(let name, let address, let prefix): "address \(address)/\(prefix) on \(name)"
        case .addAddress6(let name, let address, let prefix): "address \(address)/\(prefix) on \(name)"
        case .addRule4(let network): "policy rule for \(network)"
        case .addRule6(let network): "policy rule for \(network)"
        case .installFirewall(let rules): "firewall table inet \(rules.table)"
        case .makeDirectory(let path, _, _): "directory \(path)"
        case .expectSocket(let path): "expect socket \(path)"
        case .writeFile(let path, _, _): "write \(path)"
        case .startDnsmasq(let binary, _, _): "start \(binary)"
        case .dropDHCPChecksums: "send DHCP without UDP checksums"
        case .claimDisk(let path, _): "claim \(path)"
        case .copyFile(let from, let to, _): "copy \(from) to \(to), unless there"
        case .copyForRun(let from, _, let to, _): "copy \(from) to \(to), for this run only"
        case .keepFile(let path, _): "keep \(path)"
        case .copySecret(let from, let to): "copy the password of \(from) to \(to)"
        case .copyKey(let from, let to): "copy the SMC's key of \(from) to \(to)"
        case .makeSeed(let from, let to): "make the seed disk \(to) of \(from)"
        case .openVhost(let queues): "open /dev/vhost-net \(queues)x"
        case .setOOMScore(let score): "oom_score_adj \(score)"
        }
    }
}

/// A character device that a minimal /dev may lack; numbers from Documentation/admin-guide/devices.txt.
struct DeviceNode: Codable, Equatable, Sendable {
    var path: String
    var major: UInt32
    var minor: UInt32

    static let kvm = DeviceNode(path: "/dev/kvm", major: 10, minor: 232)
    static let tun = DeviceNode(path: "/dev/net/tun", major: 10, minor: 200)
    static let vhostNet = DeviceNode(path: "/dev/vhost-net", major: 10, minor: 238)
    static let all = [kvm, tun, vhostNet]
}
