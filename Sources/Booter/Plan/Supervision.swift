import BootSettings
import Lifecycle
import NetworkValues
import QemuArgs

/// What `boot` does while QEMU runs as its child.
struct Supervision: Codable, Equatable, Sendable {
    var afterPowerOff: LifecyclePolicy.AfterPowerOff
    var afterCrash: LifecyclePolicy.AfterCrash
    /// Seconds.
    var stopTimeout: Int
    /// Where `boot stop` and `boot status` reach it.
    var socket: String
    /// Whether the guest's serial port leads to `boot`, for `boot console`; otherwise QEMU has the standard input of `boot`.
    var hasConsole: Bool
    /// The guest's tap, whose packets are counted.
    var tap: String
    /// dnsmasq's lease file.
    var leases: String
    /// The TCP port of the guest that answers when it is ready; 0 for none.
    var readyPort: UInt16
    /// Where HTTP serves the status; nil for nowhere.
    var listen: ListenAddress?
    /// The page with the guest's screen; nil for none.
    var browser: BrowserChoice?
    /// Where the record of the last stop is kept.
    var lastStop: String
    /// Where the guest's threads run; nil where Linux decides.
    var pinning: CPUPinning?
    /// Where the kernel tells that memory is short.
    var pressure: String

    /// QEMU's number of the connection to its parent: above those of the tap, the locks and the disk.
    static let monitorDescriptor: Int32 = 72

    init(_ configuration: Configuration, _ facts: HostFacts, pinning: CPUPinning?, _ notes: inout PlanNotes) {
        afterPowerOff = configuration.guest.afterPowerOff
        afterCrash = configuration.guest.afterCrash
        stopTimeout = configuration.guest.stopTimeout
        socket = configuration.state.supervisor
        tap = configuration.network.tap.description
        leases = DnsmasqConfiguration.Files(directory: configuration.state.run).leases
        listen = configuration.status.listen
        browser = BrowserChoice(configuration)
        readyPort = UInt16(clamping: configuration.guest.readyPort)
        hasConsole = configuration.qemu.serial == .stdio
        self.pinning = pinning
        pressure = facts.cgroup.pressure ?? "/proc/pressure/memory"
        lastStop = configuration.state.lastStop
        notes.decide("disk errors", "stop the guest", because: "boot reports them, and boot qmp cont lets the guest go on")
    }

    var policy: LifecyclePolicy {
        LifecyclePolicy(afterPowerOff: afterPowerOff, afterCrash: afterCrash, stopTimeout: .seconds(stopTimeout))
    }
}
