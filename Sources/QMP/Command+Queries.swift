/// The state of the machine: StatusInfo of qapi/run-state.json.
package struct MachineStatus: Equatable, Sendable {
    /// RunState: "running", "paused", "shutdown", "io-error", "guest-panicked", "prelaunch" and others.
    package var state: String
    /// Whether the virtual CPUs run.
    package var isRunning: Bool
}

/// A disk, or a drive without one: BlockInfo of qapi/block-core.json.
package struct BlockDevice: Equatable, Sendable {
    /// The name of the drive; may be empty.
    package var name: String
    /// The device's id or its place in QEMU's object tree; nil when no device has the drive.
    package var device: String?
    /// The image's file; nil without a medium.
    package var file: String?
    /// The name of the block node that it reads and writes; nil without a medium.
    package var node: String?
    package var isReadOnly: Bool
    /// BlockDeviceIoStatus: "ok", "failed" or "nospace"; nil where it is not kept.
    package var status: String?
}

/// A node of QEMU's block layer, whether a device uses it or not: BlockDeviceInfo of qapi/block-core.json.
package struct BlockNode: Equatable, Sendable {
    package var name: String
    package var file: String?
}

/// What a disk has carried out since the start: BlockStats of qapi/block-core.json.
package struct BlockStatistics: Equatable, Sendable {
    /// As in `BlockDevice`.
    package var name: String
    package var device: String?
    package var bytesRead: Int
    package var bytesWritten: Int
    package var reads: Int
    package var writes: Int
    package var flushes: Int
    /// Reads, writes and flushes that failed.
    package var failures: Int
}

/// A virtual CPU and the thread that it runs on: CpuInfoFast of qapi/machine.json.
package struct VirtualCPU: Equatable, Sendable {
    package var index: Int
    package var thread: Int
}

extension Command where Answer == MachineStatus {
    package static var queryStatus: Self {
        Command("query-status") { json in
            var (state, isRunning): (String?, Bool?)
            json.object { key, json in
                switch key {
                case "status": state = json.string()
                case "running": isRunning = json.bool()
                default: json.skip()
                }
            }
            return state.flatMap { state in isRunning.map { MachineStatus(state: state, isRunning: $0) } }
        }
    }
}

extension Command where Answer == [BlockDevice] {
    package static var queryBlock: Self {
        Command("query-block") { json in
            json.array { json in
                var device = BlockDevice(name: "", isReadOnly: false)
                json.object { key, json in
                    switch key {
                    case "device": device.name = json.string() ?? ""
                    case "qdev": device.device = json.string()
                    case "io-status": device.status = json.string()
                    case "inserted":
                        json.object { key, json in
                            switch key {
                            case "file": device.file = json.string()
                            case "node-name": device.node = json.string()
                            case "ro": device.isReadOnly = json.bool() ?? false
                            default: json.skip()
                            }
                        }
                    default: json.skip()
                    }
                }
                return device
            }
        }
    }
}

extension Command where Answer == [BlockNode] {
    package static var queryBlockNodes: Self {
        // Without what is below each of them.
        Command("query-named-block-nodes", [.init("flat", .bool(true))]) { json in
            json.array { json in
                var node = BlockNode(name: "")
                json.object { key, json in
                    switch key {
                    case "node-name": node.name = json.string() ?? ""
                    case "file": node.file = json.string()
                    default: json.skip()
                    }
                }
                return node
            }
        }
    }
}

extension Command where Answer == [BlockStatistics] {
    package static var queryBlockStatistics: Self {
        Command("query-blockstats") { json in
            json.array { json in
                var disk = BlockStatistics(name: "", bytesRead: 0, bytesWritten: 0, reads: 0, writes: 0, flushes: 0, failures: 0)
                json.object { key, json in
                    switch key {
                    case "device": disk.name = json.string() ?? ""
                    case "qdev": disk.device = json.string()
                    case "stats": disk.readCounters(&json)
                    default: json.skip()
                    }
                }
                return disk
            }
        }
    }
}

extension BlockStatistics {
    fileprivate mutating func readCounters(_ json: inout JSONText) {
        json.object { key, json in
            switch key {
            case "rd_bytes": bytesRead = json.integer() ?? 0
            case "wr_bytes": bytesWritten = json.integer() ?? 0
            case "rd_operations": reads = json.integer() ?? 0
            case "wr_operations": writes = json.integer() ?? 0
            case "flush_operations": flushes = json.integer() ?? 0
            case "failed_rd_operations", "failed_wr_operations", "failed_flush_operations":
                failures = failures.addingReportingOverflow(json.integer() ?? 0).partialValue
            default: json.skip()
            }
        }
    }
}

extension Command where Answer == [VirtualCPU] {
    package static var queryCPUs: Self {
        Command("query-cpus-fast") { json in
            json.array { json in
                var (index, thread): (Int?, Int?)
                json.object { key, json in
                    switch key {
                    case "cpu-index": index = json.integer()
                    case "thread-id": thread = json.integer()
                    default: json.skip()
                    }
                }
                return index.flatMap { index in thread.map { VirtualCPU(index: index, thread: $0) } }
            }
        }
    }
}
