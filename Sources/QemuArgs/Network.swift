/// A network card that macOS has a driver for.
public enum NICModel: String, Codable, Equatable, Sendable, CaseIterable {
    /// macOS 11 and later.
    case virtio = "virtio-net-pci"
    /// macOS 10.11 and later; what 10.15, whose virtio driver loses packets, is given.
    case vmxnet3
    /// The oldest and slowest.
    case e1000 = "e1000-82545em"
}

/// What is at the other end of the card.
public enum Netdev: Codable, Equatable, Sendable {
    /// A tap that QEMU inherits opened: one descriptor a queue, and as many of /dev/vhost-net for the kernel to move the packets.
    /// The tap has to be made with IFF_VNET_HDR (and IFF_MULTI_QUEUE with several queues), or the card has no offloads.
    case tap(descriptors: [Int32], vhost: [Int32])
    /// QEMU's own user-mode network: no privileges, no inbound connections but these, slow.
    case user([HostForward])
}

/// A port of this machine that leads to one of the guest: `hostfwd` of user-mode networking.
public struct HostForward: Codable, Equatable, Sendable {
    public enum TransportProtocol: String, Codable, Equatable, Sendable { case tcp, udp }
    public var transport: TransportProtocol
    public var hostAddress: String
    public var hostPort: UInt16
    public var guestPort: UInt16

    public init(_ transport: TransportProtocol = .tcp, hostAddress: String = "127.0.0.1", hostPort: UInt16, guestPort: UInt16) {
        self.transport = transport
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.guestPort = guestPort
    }
    package var text: String { "\(transport.rawValue):\(hostAddress):\(hostPort)-:\(guestPort)" }
}

/// The guest's network card and what it is connected to, tied by one id.
public struct Network: Codable, Equatable, Sendable {
    public var netdev: Netdev
    public var model: NICModel
    /// aa:bb:cc:dd:ee:ff; the same at every start, or macOS takes it for a new network service.
    public var mac: String
    /// Told to the guest (virtio only); nil leaves it at 1500.
    public var mtu: Int?
    /// Checksums and segmentation left to the host (virtio only). Off is the first thing to try when packets get lost.
    public var offloads: Bool

    public init(netdev: Netdev, model: NICModel, mac: String, mtu: Int? = nil, offloads: Bool = true) {
        self.netdev = netdev
        self.model = model
        self.mac = mac
        self.mtu = mtu
        self.offloads = offloads
    }

    /// Every virtio-net feature that lets a packet through unfinished.
    static let offloadFeatures = [
        "csum", "guest_csum", "gso", "guest_tso4", "guest_tso6", "guest_ecn", "guest_ufo", "host_tso4", "host_tso6", "host_ecn", "host_ufo",
        "mrg_rxbuf",
    ]

    func arguments() throws(QemuArgsError) -> [Argument] {
        var queues = 1
        let backend: OptionString
        switch netdev {
        case .tap(let descriptors, let vhost):
            queues = descriptors.count
            backend = try tap(descriptors, vhost: vhost)
        case .user(let forwards):
            backend = forwards.reduce(OptionString("user").with("id", "net")) { $0.with("hostfwd", $1.text) }
        }
        var device = OptionString(model.rawValue).with("id", "nic").with("addr", PCISlot.network.address).with("netdev", "net")
            .with("mac", try Check.mac(mac))
            // No option ROM: the firmware must not fall back to the network when the disk does not start.
            .with("romfile", "")
        if model == .virtio {
            if let mtu {
                guard 68...65535 ~= mtu else { throw .invalidValue(what: "MTU", value: String(mtu), reason: "not 68 to 65535") }
                device = device.with("host_mtu", mtu)
            }
            // An interrupt for each direction of each queue, one for the configuration, one for the control queue.
            if queues > 1 { device = device.with("mq", true).with("vectors", 2 * queues + 2) }
            if !offloads { device = device.with(Network.offloadFeatures, false) }
        }
        return [Argument("-netdev", backend), .device(device)]
    }

    private func tap(_ descriptors: [Int32], vhost: [Int32]) throws(QemuArgsError) -> OptionString {
        guard let first = descriptors.first else { throw .invalidValue(what: "tap", value: "", reason: "no descriptor") }
        guard vhost.isEmpty || vhost.count == descriptors.count else {
            throw .conflict("\(descriptors.count) tap queues with \(vhost.count) vhost descriptors")
        }
        guard model == .virtio || (descriptors.count == 1 && vhost.isEmpty) else {
            throw .conflict("several queues and vhost are for virtio-net, not \(model.rawValue)")
        }
        let option = OptionString("tap").with("id", "net")
        let on: Bool? = vhost.isEmpty ? nil : true
        guard descriptors.count > 1 else {
            return option.with("fd", Int(first)).with("vhost", on).with("vhostfd", vhost.first.map { Int($0) })
        }
        let list = { (numbers: [Int32]) in numbers.map { String($0) }.joined(separator: ":") }
        return option.with("fds", list(descriptors)).with("vhost", on).with("vhostfds", vhost.isEmpty ? nil : list(vhost))
    }
}
