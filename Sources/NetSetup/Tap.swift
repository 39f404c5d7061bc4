import CLinux
import Glibc
import LinuxSupport
public import NetworkValues
public import SystemPackage

/// An Ethernet interface whose other end is a descriptor, for QEMU to inherit.
///
/// Without `persistent` the interface goes away with the last descriptor, so nothing is left behind QEMU.
public struct Tap: ~Copyable, Sendable {
    public let name: InterfaceName
    /// One a queue, borrowed: closed when this value goes away.
    public private(set) var descriptors: [Int32]

    /// The most queues that the kernel gives one tap: MAX_TAP_QUEUES, drivers/net/tun.c.
    public static let queueLimit = 256

    private init(_ name: InterfaceName) {
        self.name = name
        descriptors = []
    }

    /// Creates the interface, or attaches to a persistent one: `ip tuntap add tap0 mode tap vnet_hdr [multi_queue]`.
    ///
    /// Every frame carries a virtio_net_hdr, which is how QEMU and vhost hand over checksums and segmentation.
    /// - Throws: `NetError`: no /dev/net/tun, no CAP_NET_ADMIN, in use by another program, or of another kind than asked for.
    public static func open(
        name: InterfaceName, queues: Int = 1, persistent: Bool = false, device: FilePath = "/dev/net/tun"
    ) throws(NetError) -> Tap {
        guard (1...queueLimit).contains(queues) else {
            throw NetError("create tap", "\(name)", .invalid("\(queues) queues: 1 to \(queueLimit) are possible"))
        }
        var flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
        if queues > 1 { flags |= IFF_MULTI_QUEUE }
        var tap = Tap(name)
        for _ in 0..<queues {
            let file: OwnedDescriptor
            do { file = try OwnedDescriptor(opening: device, .readWrite) } catch {
                throw NetError("open", "\(device)", .errno(error, call: nil), hint: openHint(error))
            }
            guard mv_tun_attach(file.rawValue, name.description, flags) == 0 else {
                let error = Errno(rawValue: errno)
                throw NetError("create tap", "\(name)", .errno(error, call: "TUNSETIFF"), hint: attachHint(error, queues))
            }
            tap.descriptors.append(file.take())
        }
        if persistent, let first = tap.descriptors.first, mv_tun_set_persistent(first, 1) != 0 {
            throw NetError("create tap", "\(name)", .errno(Errno(rawValue: errno), call: "TUNSETPERSIST"))
        }
        return tap
    }

    /// Gives the descriptors away, open across exec: call it last, every child started later inherits them too.
    public consuming func takeDescriptors() -> [Int32] {
        let taken = descriptors
        descriptors = []
        for descriptor in taken { _ = fcntl(descriptor, F_SETFD, 0) }
        return taken
    }

    private static func openHint(_ error: Errno) -> String? {
        switch error {
        case .noSuchFileOrDirectory: "load the module tun; in a container, pass the character device 10:200 through"
        case .operationNotSupportedByDevice, .noSuchAddressOrDevice: "load the module tun"
        case .permissionDenied, .notPermitted: "needs root, and the device cgroup must allow c 10:200"
        default: nil
        }
    }

    private static func attachHint(_ error: Errno, _ queues: Int) -> String? {
        switch error {
        case .resourceBusy: "in use by another program: is a guest running?"
        case .invalidArgument where queues > 1: "an interface of this name is there already, without multi_queue or not a tap"
        case .invalidArgument: "an interface of this name is there already, with multi_queue or not a tap"
        default: nil
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
