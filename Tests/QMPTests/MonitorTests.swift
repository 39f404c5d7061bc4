import Foundation
import LinuxSupport
import SystemPackage
import Testing

@testable import QMP

@Suite(.enabled(if: RealQemu.path != nil, "needs QEMU"))
struct MonitorTests {
    private static let patience = Duration.seconds(60)

    private func events(_ monitor: inout Monitor, until kind: Event.Kind) throws -> [Event.Kind] {
        var seen: [Event.Kind] = []
        let deadline = ContinuousClock.now + Self.patience
        while !seen.contains(kind), ContinuousClock.now < deadline { seen += try monitor.events(until: deadline).map(\.kind) }
        return seen
    }

    @Test func theMachineObeys() throws {
        var qemu = try RealQemu()
        var monitor = try Monitor(connectingTo: qemu.file("qmp"), patience: Self.patience)
        #expect(try monitor.execute(.queryStatus, within: Self.patience) == MachineStatus(state: "prelaunch", isRunning: false))
        try monitor.execute(.cont, within: Self.patience)
        #expect(try events(&monitor, until: .resume).contains(.resume))
        #expect(try monitor.execute(.queryStatus, within: Self.patience) == MachineStatus(state: "running", isRunning: true))
        try monitor.execute(.powerdown, within: Self.patience)
        #expect(try events(&monitor, until: .powerdown).contains(.powerdown))
        try monitor.execute(.reset, within: Self.patience)
        let reset = Event.Kind.reset(guest: false, reason: "host-qmp-system-reset")
        #expect(try events(&monitor, until: reset).contains(reset))
        try monitor.execute(.stop, within: Self.patience)
        #expect(try events(&monitor, until: .stop).contains(.stop))
        try monitor.execute(.quit, within: Self.patience)
        let end = Event.Kind.shutdown(guest: false, reason: "host-qmp-quit")
        #expect(try events(&monitor, until: end).contains(end))
        #expect(qemu.end() == .exited(0))
        #expect(throws: MonitorError.closed) { try monitor.events(until: .now + Self.patience) }
    }

    @Test func queries() throws {
        let qemu = try RealQemu([
            "-smp", "3", "-drive", "if=none,id=drive,file=null-co://,file.read-zeroes=on,format=raw,readonly=on", "-device",
            "virtio-blk-pci,id=disk,drive=drive",
        ])
        var monitor = try Monitor(connectingTo: qemu.file("qmp"), patience: Self.patience)
        let disks = try monitor.execute(.queryBlock, within: Self.patience)
        #expect(disks.map(\.name) == ["drive"] && disks.first?.isReadOnly == true && disks.first?.file?.isEmpty == false)
        #expect(disks.first?.device?.contains("disk") == true)
        #expect(try monitor.execute(.queryBlockNodes, within: Self.patience).contains { $0.file == disks.first?.file })
        let statistics = try monitor.execute(.queryBlockStatistics, within: Self.patience)
        #expect(statistics.map(\.name) == ["drive"] && statistics.first?.writes == 0 && statistics.first?.failures == 0)
        let cpus = try monitor.execute(.queryCPUs, within: Self.patience)
        #expect(cpus.map(\.index) == [0, 1, 2])
        // The threads are of a QEMU, by the kernel's word.
        for cpu in cpus { #expect(try String(contentsOfFile: "/proc/\(cpu.thread)/cmdline", encoding: .utf8).contains("qemu")) }
        #expect(try monitor.execute(Command<QMP.JSONValue>("query-uuid"), within: Self.patience)["UUID"] != nil)
    }

    @Test func inputAndScreen() throws {
        let qemu = try RealQemu(["-device", "VGA", "-device", "qemu-xhci", "-device", "usb-kbd", "-device", "usb-tablet"])
        var monitor = try Monitor(connectingTo: qemu.file("qmp"), patience: Self.patience)
        // Events are refused while the VM is stopped.
        try monitor.execute(.cont, within: Self.patience)
        try monitor.execute(.sendKey(["meta_l", "spc"], hold: 1), within: Self.patience)
        try monitor.execute(
            .send([.key("a", isDown: true), .key("a", isDown: false), .pointer(x: 100, y: 32_767), .button("left", isDown: true)]),
            within: Self.patience)
        try monitor.execute(.screendump(to: qemu.file("screen.ppm"), isPNG: false), within: Self.patience)
        #expect(try Data(contentsOf: URL(filePath: qemu.file("screen.ppm"))).prefix(2) == Data("P6".utf8))
        try monitor.execute(.screendump(to: qemu.file("screen.png")), within: Self.patience)
        #expect(try Data(contentsOf: URL(filePath: qemu.file("screen.png"))).prefix(4) == Data([0x89, 0x50, 0x4e, 0x47]))
    }

    @Test func refusals() throws {
        let qemu = try RealQemu()
        var monitor = try Monitor(connectingTo: qemu.file("qmp"), patience: Self.patience)
        #expect {
            try monitor.execute(.sendKey(["no-such-key"]), within: Self.patience)
        } throws: {
            guard case .refused("send-key", let refusal)? = $0 as? MonitorError else { return false }
            return refusal.kind == "GenericError" && refusal.description.contains("no-such-key")
        }
        #expect {
            try monitor.execute(Command<QMP.JSONValue>("no-such-command"), within: Self.patience)
        } throws: {
            if case .refused("no-such-command", let refusal)? = $0 as? MonitorError { refusal.kind == "CommandNotFound" } else { false }
        }
        // The session goes on.
        #expect(try monitor.execute(.queryStatus, within: Self.patience).isRunning == false)
    }

    /// QEMU serves one client of a socket at a time, and each socket has its own.
    @Test func aSecondSocketIsFree() throws {
        let qemu = try RealQemu(sockets: ["qmp", "control"])
        var first = try Monitor(connectingTo: qemu.file("qmp"), patience: Self.patience)
        _ = try first.execute(.queryStatus, within: Self.patience)
        var locked = try Monitor(connectingTo: qemu.file("qmp"), patience: .milliseconds(300))
        #expect(throws: MonitorError.timedOut(.milliseconds(300))) { try locked.execute(.powerdown, within: .milliseconds(300)) }
        var second = try Monitor(connectingTo: qemu.file("control"), patience: Self.patience)
        try first.execute(.cont, within: Self.patience)
        try second.execute(.powerdown, within: Self.patience)
        #expect(try events(&first, until: .powerdown).contains(.powerdown))
    }

    @Test func nobodyListens() {
        #expect(throws: MonitorError.unreachable(.noSuchFileOrDirectory)) {
            _ = try Monitor(connectingTo: "/nonexistent", patience: Self.patience)
        }
    }
}
