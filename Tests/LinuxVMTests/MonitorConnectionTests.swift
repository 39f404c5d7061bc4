import Foundation
import Glibc
import QMP
import Synchronization
import SystemPackage
import Testing

@testable import LinuxVM

/// A real QEMU as a child, whose machine stands still.
@Suite(.enabled(if: Program.qemu != nil, "needs qemu-system-x86_64"))
struct MonitorConnectionTests {
    private static let patience = Duration.seconds(60)
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private var socket: FilePath { scratch.path.appending("qmp") }

    private func start(_ ending: AsyncStream<Int32>.Continuation? = nil) async throws -> Child {
        let child = try await Child.start(
            FilePath(try #require(Program.qemu)),
            [
                "-machine", "q35,accel=tcg", "-nodefaults", "-no-user-config", "-display", "none", "-m", "32", "-S", "-qmp",
                "unix:\(socket.string),server=on,wait=off",
            ]
        ) { status in
            ending?.yield(status)
            ending?.finish()
        }
        let deadline = Date(timeIntervalSinceNow: 60)
        while Date() < deadline, !FileManager.default.fileExists(atPath: socket.string) { try await Task.sleep(for: .milliseconds(10)) }
        return child
    }

    @Test func commandsAtATimeAndEvents() async throws {
        let (ends, ending) = AsyncStream.makeStream(of: Int32.self)
        let child = try await start(ending)
        let connection = try await MonitorConnection.connect(to: socket, within: Self.patience)
        let states = try await withThrowingTaskGroup(of: MachineStatus.self) { group in
            for _ in 0..<20 { group.addTask { try await connection.execute(.queryStatus, within: Self.patience) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(states.count == 20 && states.allSatisfy { $0.state == "prelaunch" && !$0.isRunning })
        await #expect(throws: MonitorError.self) { try await connection.execute(Command<JSONValue>("no-such"), within: Self.patience) }
        try await connection.execute(.cont, within: Self.patience)
        try await connection.execute(.powerdown, within: Self.patience)
        try await connection.execute(.quit, within: Self.patience)
        var seen: [Event.Kind] = []
        // It ends with the connection.
        for await event in connection.events { seen.append(event.kind) }
        #expect(seen.contains(.resume) && seen.contains(.powerdown) && seen.contains(.shutdown(guest: false, reason: "host-qmp-quit")))
        await #expect(throws: MonitorError.closed) { try await connection.execute(.queryStatus, within: Self.patience) }
        for await status in ends { #expect(status == 0) }
        // It has ended: its number may be another's by now.
        child.send(SIGKILL)
    }

    /// The socket is held by another client: neither a deadline nor a cancelled task waits for that.
    @Test func nobodyIsKeptWaiting() async throws {
        let child = try await start()
        let holder = try await MonitorConnection.connect(to: socket, within: Self.patience)
        await #expect(throws: MonitorError.timedOut(.milliseconds(200))) {
            _ = try await MonitorConnection.connect(to: socket, within: .milliseconds(200))
        }
        let path = socket
        let waiting = Task { try await MonitorConnection.connect(to: path, within: Self.patience) }
        try await Task.sleep(for: .milliseconds(100))
        waiting.cancel()
        await #expect(throws: MonitorError.cancelled) { _ = try await waiting.value }
        #expect(try await holder.execute(.queryStatus, within: Self.patience).isRunning == false)
        child.send(SIGKILL)
    }

    @Test func aConnectionThatBreaks() async throws {
        let (ends, ending) = AsyncStream.makeStream(of: Int32.self)
        let child = try await start(ending)
        let connection = try await MonitorConnection.connect(to: socket, within: Self.patience)
        child.send(SIGSTOP)
        let answer = Task { try await connection.execute(.queryStatus, within: Self.patience) }
        try await Task.sleep(for: .milliseconds(50))
        child.send(SIGKILL)
        await #expect(throws: MonitorError.self) { try await answer.value }
        for await status in ends { #expect(status == 137) }
        await #expect(throws: MonitorError.self) { try await connection.execute(.queryStatus, within: Self.patience) }
    }

    @Test func nobodyListens() async {
        await #expect(throws: MonitorError.unreachable(.noSuchFileOrDirectory)) {
            _ = try await MonitorConnection.connect(to: socket, within: Self.patience)
        }
    }
}
