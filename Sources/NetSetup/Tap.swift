import CLinux
import Glibc
import LinuxSupport
public import NetworkValues
public import SystemPackage

/// An Ethernet interface whose other end is a descriptor, for QEMU to inherit.
///
/// Unless it is persistent, the kernel deletes the interface when its last descriptor is closed, so nothing outlives QEMU.
public struct Tap: ~Copyable, Sendable {
    public let name: InterfaceName
    /// One for each queue; closed when this value is destroyed.
    public private(set) var descriptors: [Int32]

    /// The maximum number of queues of one tap: MAX_TAP_QUEUES, drivers/net/tun.c.
    public static let queueLimit = 256

    private init(_ name: InterfaceName) {
        self.name = name
        descriptors = []
    }

    /// Creates the interface, or attaches to a persistent one of ours: `ip tuntap add tap0 mode tap vnet_hdr [multi_queue]`.
    ///
    /// Every frame carries a virtio_net_hdr, by which QEMU and vhost offload checksums and segmentation.
    /// - Throws: `NetError`: no /dev/net/tun, no CAP_NET_ADMIN, in use by another program, or an interface that `Tap` did not create.
    public static func open(
        name: InterfaceName, queues: Int = 1, persistent: Bool = false, device: FilePath = "/dev/net/tun"
    ) throws(NetError) -> Tap {
        guard (1...queueLimit).contains(queues) else {
            throw NetError("create tap", "\(name)", .invalid("\(queues) queues: 1 to \(queueLimit) are possible"))
        }
        var flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
        if queues > 1 { flags |= IFF_MULTI_QUEUE }
        var tap = Tap(name)
        for number in 0..<queues {
            let file: OwnedDescriptor
            do { file = try OwnedDescriptor(opening: device, .readWrite) } catch {
                throw NetError("open", "\(device)", .errno(error, call: nil), remedy: openRemedy(error))
            }
            try number == 0 ? create(name, file, flags, queues) : attach(name, file, flags, queues)
            tap.descriptors.append(file.take())
        }
        if persistent { try tap.makePersistent() }
        return tap
    }

    /// Makes the interface outlive its descriptors: `ip tuntap add`.
    public func makePersistent() throws(NetError) {
        guard let first = descriptors.first, mv_tun_set_persistent(first, 1) != 0 else { return }
        throw NetError("create tap", "\(name)", .errno(Errno(rawValue: errno), call: "TUNSETPERSIST"))
    }

    /// A new interface, which gets our alias, or one that has it: never another program's.
    private static func create(
        _ name: InterfaceName, _ file: borrowing OwnedDescriptor, _ flags: Int32, _ queues: Int
    ) throws(NetError) {
        if mv_tun_attach(file.rawValue, name.description, flags | IFF_TUN_EXCL) == 0 { return try Links().mark(name) }
        let error = Errno(rawValue: errno)
        guard error == .resourceBusy else { throw failure(name, error, queues) }
        switch try Links().isOurs(name) {
        case true?: try attach(name, file, flags, queues)
        case false?: throw foreign(name)
        case nil: throw failure(name, error, queues)
        }
    }

    private static func attach(
        _ name: InterfaceName, _ file: borrowing OwnedDescriptor, _ flags: Int32, _ queues: Int
    ) throws(NetError) {
        guard mv_tun_attach(file.rawValue, name.description, flags) == 0 else { throw failure(name, Errno(rawValue: errno), queues) }
    }

    private static func failure(_ name: InterfaceName, _ error: Errno, _ queues: Int) -> NetError {
        NetError("create tap", "\(name)", .errno(error, call: "TUNSETIFF"), remedy: attachRemedy(error, queues))
    }

    private static func foreign(_ name: InterfaceName) -> NetError {
        NetError(
            "create tap", "\(name)", .invalid("another program's interface has this name"), remedy: "choose another name with network.tap")
    }

    /// Hands over the descriptors without close-on-exec. Call this last: every child started later inherits them as well.
    public consuming func takeDescriptors() -> [Int32] {
        let taken = descriptors
        descriptors = []
        for descriptor in taken { _ = fcntl(descriptor, F_SETFD, 0) }
        return taken
    }

    private static func openRemedy(_ error: Errno) -> String? {
        switch error {
        case .noSuchFileOrDirectory: "load the module tun; in a container, pass the character device 10:200 through"
        case .operationNotSupportedByDevice, .noSuchAddressOrDevice: "load the module tun"
        case .permissionDenied, .notPermitted: "run as root, and allow c 10:200 in the device cgroup"
        default: nil
        }
    }

    private static func attachRemedy(_ error: Errno, _ queues: Int) -> String? {
        switch error {
        case .resourceBusy: "stop the program that uses it: is a guest running?"
        case .invalidArgument where queues > 1:
            "run boot down first: the tap of this name has one queue"
        case .invalidArgument:
            "run boot down first: the tap of this name has several queues"
        default: nil
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
