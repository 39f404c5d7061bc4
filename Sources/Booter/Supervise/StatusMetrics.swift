import Diagnostics
import Lifecycle
import LinuxSupport
import QMP

/// A status in Prometheus's text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
struct StatusMetrics {
    let status: StatusReport

    init(_ status: StatusReport) { self.status = status }

    private enum Kind: String { case gauge, counter }

    /// What one metric has measured, with the labels of each value.
    private typealias Samples = [(labels: [(name: String, value: String)], value: Int)]

    var text: String {
        guest + process + disks + network
    }

    private var guest: String {
        var text = metric("build_info", .gauge, "The version of boot.", [([("version", Version.text)], 1)])
        let phases = LifecyclePhase.names.map { name in ([("phase", name)], name == status.phase.name ? 1 : 0) }
        text += metric("guest_phase", .gauge, "The phase that the guest is in has 1, the others have 0.", phases)
        text += metric("guest_phase_seconds", .gauge, "How long the guest has been in its phase.", status.phaseSeconds)
        text += metric(
            "guest_ready", .gauge, "Whether the guest has a lease and its port answers.", status.missing == nil ? 1 : 0)
        text += metric("guest_vcpus", .gauge, "Virtual CPUs of the guest.", status.guest.vcpus)
        text += metric("guest_memory_bytes", .gauge, "Memory of the guest.", status.guest.memoryMiB << 20)
        if let lease = status.lease {
            text += metric("guest_lease_expiry_timestamp_seconds", .gauge, "When the guest's DHCP lease expires.", lease.expiry)
        }
        return text
    }

    private var process: String {
        var text = metric("supervisor_uptime_seconds", .gauge, "How long boot has supervised the guest.", status.uptimeSeconds)
        text += metric("qemu_starts_total", .counter, "Times that QEMU was started.", status.starts)
        text += metric("qemu_failures_in_a_row", .gauge, "Failures since the guest last ran for ten minutes.", status.failuresInARow)
        text += metric("qemu_up", .gauge, "Whether QEMU runs.", status.qemu == nil ? 0 : 1)
        if let qemu = status.qemu {
            text += metric("qemu_cpu_seconds_total", .counter, "Processor time of QEMU and the guest.", qemu.processorSeconds)
            text += metric("qemu_resident_memory_bytes", .gauge, "Memory of QEMU and the guest that is in use.", qemu.residentMiB << 20)
        }
        return text
    }

    private var disks: String {
        let counters: [(name: String, help: String, value: (BlockStatistics) -> Int)] = [
            ("disk_read_bytes_total", "Bytes that the guest has read.", { $0.bytesRead }),
            ("disk_written_bytes_total", "Bytes that the guest has written.", { $0.bytesWritten }),
            ("disk_reads_completed_total", "Reads of the guest.", { $0.reads }),
            ("disk_writes_completed_total", "Writes of the guest.", { $0.writes }),
            ("disk_flushes_completed_total", "Flushes of the guest.", { $0.flushes }),
            ("disk_failures_total", "Reads, writes and flushes that failed.", { $0.failures }),
        ]
        return counters.map { counter in
            metric(counter.name, .counter, counter.help, status.disks.map { ([("disk", $0.label)], counter.value($0)) })
        }.joined()
    }

    private var network: String {
        guard let network = status.network else { return "" }
        return metric("network_receive_bytes_total", .counter, "Bytes that the guest has received.", network.bytesReceived)
            + metric("network_transmit_bytes_total", .counter, "Bytes that the guest has sent.", network.bytesSent)
            + metric("network_receive_packets_total", .counter, "Packets that the guest has received.", network.packetsReceived)
            + metric("network_transmit_packets_total", .counter, "Packets that the guest has sent.", network.packetsSent)
            + metric("network_receive_drop_total", .counter, "Packets for the guest that were dropped.", network.dropsReceived)
    }

    private func metric(_ name: String, _ kind: Kind, _ help: String, _ value: Int) -> String {
        metric(name, kind, help, [([], value)])
    }

    /// Nothing for a metric without a value.
    private func metric(_ name: String, _ kind: Kind, _ help: String, _ samples: Samples) -> String {
        guard !samples.isEmpty else { return "" }
        let name = "macos_virt_" + name
        let lines = samples.map { sample in
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            return name + (labels.isEmpty ? "" : "{\(labels)}") + " \(sample.value)\n"
        }
        return "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n" + lines.joined()
    }

    /// A label's value: backslash, quote and newline are escaped.
    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.printable.unicodeScalars {
            if scalar == "\\" || scalar == "\"" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
