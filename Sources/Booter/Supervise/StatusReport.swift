import Lifecycle
import QMP

/// What is known of a supervised guest at one moment: what `boot status` shows and what its metrics are made from.
struct StatusReport {
    var phase: LifecyclePhase
    var phaseSeconds: Int
    /// Of the supervisor.
    var uptimeSeconds: Int
    var isStopRequested: Bool
    /// Times that QEMU was started.
    var starts: Int
    var failuresInARow: Int
    var qemu: ProcessFigures?
    var guest: GuestSummary
    var lease: DHCPLease?
    /// The first condition of readiness that is not met.
    var missing: Readiness.Condition?
    var readySinceSeconds: Int
    var readyPort: Int
    var disks: [BlockStatistics]
    var network: LinkStatistics?
    var events: QMP.JSONValue
    var pressure = QMP.JSONValue.null
    /// Of the run before.
    var lastStop = QMP.JSONValue.null

    var json: QMP.JSONValue {
        .object([
            .init("schemaVersion", .integer(1)), .init("phase", .string(phase.name)), .init("phaseSeconds", .integer(phaseSeconds)),
            .init("uptimeSeconds", .integer(uptimeSeconds)), .init("stopRequested", .bool(isStopRequested)),
            .init("starts", .integer(starts)), .init("failuresInARow", .integer(failuresInARow)),
            .init("readiness", readiness), .init("qemu", qemu?.json ?? .null), .init("guest", guest.json(lease)),
            .init("disks", .array(disks.map(\.json))), .init("network", network?.json ?? .null),
            .init("memoryPressure", pressure), .init("lastStop", lastStop), .init("events", events),
        ])
    }

    private var readiness: QMP.JSONValue {
        .object([
            .init("ready", .bool(missing == nil)), .init("sinceSeconds", .integer(readySinceSeconds)),
            .init("missing", missing.map { .string($0.rawValue) } ?? .null),
            .init("port", readyPort > 0 ? .integer(readyPort) : .null),
        ])
    }
}

extension GuestSummary {
    /// What a person needs to reach the guest.
    func json(_ lease: DHCPLease?) -> QMP.JSONValue {
        let lease = lease.map { lease in
            QMP.JSONValue.object([
                .init("address", .string(lease.address)), .init("hostName", lease.hostName.map { .string($0) } ?? .null),
                .init("expires", .integer(lease.expiry)),
            ])
        }
        return .object([
            .init("address", .string(address)), .init("lease", lease ?? .null), .init("mac", .string(mac)), .init("disk", .string(disk)),
            .init("vcpus", .integer(vcpus)), .init("memoryMiB", .integer(memoryMiB)), .init("vnc", .string(vnc)),
            .init("forwards", .array(forwards.map { .string($0) })),
        ])
    }
}

extension BlockStatistics {
    fileprivate var json: QMP.JSONValue {
        .object([
            .init("name", .string(label)), .init("bytesRead", .integer(bytesRead)), .init("bytesWritten", .integer(bytesWritten)),
            .init("reads", .integer(reads)), .init("writes", .integer(writes)), .init("flushes", .integer(flushes)),
            .init("failures", .integer(failures)),
        ])
    }
}

extension LinkStatistics {
    fileprivate var json: QMP.JSONValue {
        .object([
            .init("bytesReceived", .integer(bytesReceived)), .init("bytesSent", .integer(bytesSent)),
            .init("packetsReceived", .integer(packetsReceived)), .init("packetsSent", .integer(packetsSent)),
            .init("dropsReceived", .integer(dropsReceived)),
        ])
    }
}
