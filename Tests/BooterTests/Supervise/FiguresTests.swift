import Glibc
import Lifecycle
import NetworkValues
import Testing

@testable import Booter
@testable import QMP

/// The figures of a supervised guest, from the texts of the kernel, dnsmasq and QEMU.
struct FiguresTests {
    @Test func theLeaseFile() {
        let text = """
            1795700000 52:54:00:00:00:01 192.168.254.9 other 01:52:54:00:00:00:01
            1795800000 52:54:00:00:00:02 192.168.254.2 Macs-Mac *
            duid 00:01:00:01:2f:00:00:00:52:54:00:00:00:01
            1795800001 52:54:00:00:00:03 192.168.254.3 * *

            """
        let lease = DHCPLease(of: "52:54:00:00:00:02", in: text)
        #expect(lease?.address == "192.168.254.2" && lease?.hostName == "Macs-Mac" && lease?.expiry == 1_795_800_000)
        #expect(DHCPLease(of: "52:54:00:00:00:03", in: text) == nil, "what follows belongs to DHCPv6")
        #expect(DHCPLease(of: "52:54:00:00:00:05", in: text) == nil)
        let nameless = DHCPLease(of: "52:54:00:00:00:02", in: "1 52:54:00:00:00:02 10.0.0.1 * *\n")
        #expect(nameless != nil && nameless?.hostName == nil)
        for line in ["", "x 52:54:00:00:00:02 10.0.0.1 * *", "1 52:54:00:00:00:02 10.0.0 * *", "1 52:54:00:00:00:02 10.0.0.1"] {
            #expect(DHCPLease(of: "52:54:00:00:00:02", in: line) == nil, "\(line)")
        }
    }

    @Test func thePacketsOfTheTap() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
              tap0:    3000      30    1    2    0     0          0         0     7000      70    3    4    0     0       0          0
             tap01:       1       1    1    1    1     1          1         1        1       1    1    1    1     1       1          1
            """
        let tap = LinkStatistics(of: "tap0", in: text)
        #expect(
            tap == LinkStatistics(bytesReceived: 7000, bytesSent: 3000, packetsReceived: 70, packetsSent: 30, dropsReceived: 4))
        #expect(LinkStatistics(of: "tap1", in: text) == nil && LinkStatistics(of: "face", in: "face: 1 2 3") == nil)
        #expect(LinkStatistics(of: "lo", in: text)?.bytesSent == 100)
    }

    @Test func whatDisksAreCalled() {
        func label(_ device: String?) -> String {
            BlockStatistics(
                name: "system-drive", device: device, bytesRead: 0, bytesWritten: 0, reads: 0, writes: 0, flushes: 0, failures: 0
            ).label
        }
        #expect(label("/machine/peripheral/system/virtio-backend") == "system")
        #expect(label("system") == "system" && label(nil) == "system-drive" && label("/machine/peripheral/usb1") == "usb1")
    }

    /// An answer that is late, for something else or no list of disks.
    @Test func answersOfQEMU() {
        var figures = DiskFigures()
        let now = ContinuousClock.now
        #expect(figures.areOld(at: now) && figures.deadline == nil)
        figures.wait(for: 3, at: now)
        #expect(!figures.areOld(at: now) && figures.deadline.map { $0 > now } == true)
        figures.take(2, JSONText("[]"))
        #expect(figures.deadline != nil)
        figures.take(3, JSONText(#"[{"device":"a","qdev":"x","stats":{"rd_bytes":5}},{"device":"b","stats":{}}]"#))
        #expect(figures.disks.map(\.bytesRead) == [5] && figures.deadline == nil && !figures.areOld())
        #expect(figures.areOld(at: .now + .seconds(1)))
        figures.wait(for: 4)
        figures.take(4, JSONText("{}"))
        #expect(figures.disks.isEmpty)
        figures.wait(for: 5)
        figures.giveUp()
        figures.take(5, JSONText(#"[{"device":"a","qdev":"x","stats":{}}]"#))
        #expect(figures.disks.isEmpty)
    }

    static func report(disk: String = "system", events: QMP.JSONValue = .array([])) -> StatusReport {
        StatusReport(
            phase: .running, phaseSeconds: 5, uptimeSeconds: 65, isStopRequested: false, starts: 2, failuresInARow: 1,
            qemu: ProcessFigures(getpid()), guest: Sample.plan().guest ?? Self.guest,
            lease: DHCPLease(of: "52:54:00:00:00:02", in: "1795800000 52:54:00:00:00:02 192.168.254.2 mac *"), missing: .port,
            readySinceSeconds: 4, readyPort: 22,
            disks: [
                BlockStatistics(
                    name: "", device: disk, bytesRead: 1 << 40, bytesWritten: 3 << 20, reads: 10, writes: 11, flushes: 12, failures: 13)
            ], network: LinkStatistics(bytesReceived: 70, bytesSent: 30, packetsReceived: 7, packetsSent: 3, dropsReceived: 1),
            events: events)
    }

    private static let guest = GuestSummary(
        vcpus: 1, sockets: 1, cores: 1, memoryMiB: 1024, cpu: "", machine: "", uuid: "", disk: "", diskBytes: 0, nic: "", mac: "", mtu: 0,
        address: "", gateway: "", forwards: [], vnc: "")

    @Test func statusForPeople() {
        let report = Self.report()
        let before = report.json
        let lines = StatusText(before).lines
        #expect(lines[0] == "phase     running for 5 s")
        #expect(lines[1] == "ready     no, for 4 s: its TCP port 22 does not answer")
        #expect(lines.contains("lease     192.168.254.2 by the name mac"))
        #expect(lines.contains("disk      system: read 1 TiB, written 3 MiB, 12 flushes, 13 failures"))
        #expect(lines.contains("network   received 70 bytes, sent 30 bytes"))
        var later = report
        later.missing = nil
        later.disks[0].bytesRead += 4 << 20
        later.network?.bytesSent += 3000
        let rates = StatusText(later.json, after: (before, 2000)).lines
        #expect(rates[1] == "ready     yes, for 4 s")
        #expect(rates.contains("disk      system: read 2 MiB/s, written 0 bytes/s, 12 flushes, 13 failures"))
        #expect(rates.contains("network   received 0 bytes/s, sent 1 KiB/s"))
        #expect(StatusText(later.json, after: (before, 2000)).line.contains("running; ready; "))
        // Counters that begin anew have no rate.
        later.disks[0].bytesRead = 0
        #expect(StatusText(later.json, after: (before, 2000)).lines.contains { $0.contains("system: read -, written 0 bytes/s") })
    }
}
