import BootSettings
import Lifecycle

/// What `boot` does while QEMU runs as its child.
struct Supervision: Codable, Equatable, Sendable {
    var afterPowerOff: LifecyclePolicy.AfterPowerOff
    var afterCrash: LifecyclePolicy.AfterCrash
    /// Seconds.
    var stopTimeout: Int
    /// Where `boot stop` and `boot status` reach it.
    var socket: String

    /// QEMU's number of the connection to its parent: above those of the tap, the locks and the disk.
    static let monitorDescriptor: Int32 = 72

    init(_ configuration: Configuration, _ notes: inout PlanNotes) {
        afterPowerOff = configuration.guest.afterPowerOff
        afterCrash = configuration.guest.afterCrash
        stopTimeout = configuration.guest.stopTimeout
        socket = configuration.state.supervisor
        notes.decide("disk errors", "stop the guest", because: "boot reports them, and boot qmp cont lets the guest go on")
    }

    var policy: LifecyclePolicy {
        LifecyclePolicy(afterPowerOff: afterPowerOff, afterCrash: afterCrash, stopTimeout: .seconds(stopTimeout))
    }
}
