/// A network card that macOS has a driver for.
public enum NICModel: String, Codable, Equatable, Sendable, CaseIterable {
    /// macOS 11 and later.
    case virtio = "virtio-net-pci"
    /// macOS 10.11 and later; the choice for 10.15, whose virtio driver loses packets.
    case vmxnet3
    /// The oldest and slowest.
    case e1000 = "e1000-82545em"

    var device: QemuDevice {
        switch self {
        case .virtio: .virtioNetwork
        case .vmxnet3: .vmxnet3
        case .e1000: .e1000
        }
    }
}

/// What is at the other end of the card.
public enum Netdev: Equatable, Sendable {
    /// An open tap that QEMU inherits: one descriptor a queue, and as many of /dev/vhost-net, so that the kernel moves the packets.
    /// The tap has to be made with IFF_VNET_HDR (and IFF_MULTI_QUEUE with several queues), or the card has no offloads.
    case tap(descriptors: [Int32], vhost: [Int32])
    /// QEMU's own user-mode network: needs no privileges, takes no inbound connections but these, slow.
    case user([HostForward])
    /// The same without a way out: the guest has a card and an address, and reaches nothing.
    case isolated

    /// `-netdev`
    /// - Parameter id: the card's property `netdev`.
    public func argument(id: String) throws(QemuArgsError) -> QemuArgument {
        switch self {
        case .isolated: return QemuArgument("-netdev", OptionString("user").with("id", id).with("restrict", true))
        case .user(let forwards):
            return QemuArgument(
                "-netdev", forwards.reduce(OptionString("user").with("id", id)) { $0.with("hostfwd", $1.text) })
        case .tap(let descriptors, let vhost):
            guard let first = descriptors.first else { throw .invalidValue(what: "tap", value: "", reason: "no descriptor") }
            guard vhost.isEmpty || vhost.count == descriptors.count else {
                throw .conflict("\(descriptors.count) tap queues with \(vhost.count) vhost descriptors")
            }
            let option = OptionString("tap").with("id", id)
            let on: Bool? = vhost.isEmpty ? nil : true
            guard descriptors.count > 1 else {
                return QemuArgument(
                    "-netdev", option.with("fd", Int(first)).with("vhost", on).with("vhostfd", vhost.first.map { Int($0) }))
            }
            let list = { (numbers: [Int32]) in numbers.map { String($0) }.joined(separator: ":") }
            return QemuArgument(
                "-netdev",
                option.with("fds", list(descriptors)).with("vhost", on).with("vhostfds", vhost.isEmpty ? nil : list(vhost)))
        }
    }
}

/// A TCP port of this machine's loopback that leads to one of the guest: `hostfwd` of user-mode networking.
public struct HostForward: Equatable, Sendable {
    /// 0 for any port that is free.
    public var hostPort: UInt16
    public var guestPort: UInt16

    public init(hostPort: UInt16, guestPort: UInt16) {
        self.hostPort = hostPort
        self.guestPort = guestPort
    }
    fileprivate var text: String { "tcp:127.0.0.1:\(hostPort)-:\(guestPort)" }
}

/// The guest's network card and what it is connected to, tied by one id.
public struct Network: Equatable, Sendable {
    public var netdev: Netdev
    public var model: NICModel
    /// aa:bb:cc:dd:ee:ff; the same at every start, or macOS sees a new network service.
    public var mac: String
    /// Bytes, offered to the guest (virtio only); nil leaves it at 1500.
    public var mtu: Int?
    /// Whether the host computes checksums and segments packets (virtio only). Off is the first thing to try when packets get lost.
    public var offloads: Bool

    public init(netdev: Netdev, model: NICModel, mac: String, mtu: Int? = nil, offloads: Bool = true) {
        self.netdev = netdev
        self.model = model
        self.mac = mac
        self.mtu = mtu
        self.offloads = offloads
    }

    /// Every virtio-net feature that lets a packet pass without its checksum or segmentation.
    static let offloadFeatures = [
        "csum", "guest_csum", "gso", "guest_tso4", "guest_tso6", "guest_ecn", "guest_ufo", "host_tso4", "host_tso6", "host_ecn", "host_ufo",
        "mrg_rxbuf",
    ]

    public func arguments() throws(QemuArgsError) -> [QemuArgument] {
        var queues = 1
        if case .tap(let descriptors, let vhost) = netdev {
            queues = descriptors.count
            guard model == .virtio || (queues <= 1 && vhost.isEmpty) else {
                throw .conflict("several queues and vhost are for virtio-net, not \(model.rawValue)")
            }
        }
        let backend = try netdev.argument(id: "net")
        var card = OptionString().with("id", "nic").with("addr", PCISlot.network.address).with("netdev", "net")
            .with("mac", try Check.mac(mac))
            // No option ROM: the firmware must not fall back to the network when the disk does not start.
            .with("romfile", "")
        if model == .virtio {
            if let mtu {
                guard 68...65535 ~= mtu else { throw .invalidValue(what: "MTU", value: String(mtu), reason: "not 68 to 65535") }
                card = card.with("host_mtu", mtu)
            }
            // An interrupt for each direction of each queue, one for the configuration, one for the control queue.
            if queues > 1 { card = card.with("mq", true).with("vectors", 2 * queues + 2) }
            if !offloads { card = card.with(Network.offloadFeatures, false) }
        }
        return [backend, .device(model.device, card)]
    }
}
