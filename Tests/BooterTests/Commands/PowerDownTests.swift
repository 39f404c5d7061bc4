import Foundation
import Glibc
import LinuxSupport
import QMP
import SystemPackage
import Testing

@testable import BootSettings

/// The built program with a real QEMU, whose machine stands still.
@Suite(.enabled(if: BootProgram.path != nil && BootProgram.qemu != nil, "needs the built boot and QEMU"))
struct PowerDownTests {
    /// A supervisor, or another client, may stay connected to qemu.qmp.
    @Test func anotherClientIsConnected() throws {
        let machine = try ScratchMachine()
        var settings = Configuration().qemu
        settings.qmp = machine.directory.path + "/qmp.sock"
        let sockets = [settings.qmp, settings.control].compactMap { $0 }
        #expect(sockets == ["/qmp.sock", "/control.sock"].map { machine.directory.path + $0 })
        let null = try OwnedDescriptor(opening: "/dev/null", .readWrite)
        let spawn = Spawn(
            try #require(BootProgram.qemu),
            ["-machine", "q35,accel=tcg", "-nodefaults", "-no-user-config", "-display", "none", "-m", "32"]
                + sockets.flatMap { ["-qmp", "unix:\($0),server=on,wait=off"] })
        let qemu = try spawn.start(input: null.rawValue, output: null.rawValue, error: STDERR_FILENO)
        defer { qemu.send(SIGKILL) }
        let deadline = Date(timeIntervalSinceNow: 60)
        while Date() < deadline, !sockets.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) { usleep(10_000) }

        var client = try Monitor(connectingTo: sockets[0], patience: .seconds(60))
        #expect(try client.execute(.queryStatus, within: .seconds(60)).isRunning)
        let ended = try BootProgram.run(["powerdown", "--set", "qemu.qmp=" + sockets[0]])
        #expect(ended.status == 0 && ended.errors.isEmpty, "\(ended.errors)")
        var seen: [Event.Kind] = []
        let end = ContinuousClock.now + .seconds(60)
        while !seen.contains(.powerdown), ContinuousClock.now < end { seen += try client.events(until: end).map(\.kind) }
        #expect(seen.contains(.powerdown))
    }

    @Test func nobodyListens() throws {
        let machine = try ScratchMachine()
        let path = machine.directory.path + "/qmp.sock"
        let ended = try BootProgram.run(["powerdown", "--set", "qemu.qmp=" + path])
        #expect(ended.status == 75 && ended.errors.contains(machine.directory.path + "/control.sock"), "\(ended.errors)")
        #expect(try BootProgram.run(["powerdown", "--set", "qemu.qmp=none"]).status == 78)
    }
}
