import Diagnostics
import Glibc
import LinuxSupport
import QMP
import SystemPackage
import Testing

@testable import Booter

struct ControlSocketTests {
    private static let greeting = #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": []}}"# + "\r\n"
    private static let event = #"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESUME"}"# + "\r\n"
    /// The answer to the capabilities, and the one to the first command.
    private static let ready = "{\"return\": {}}\r\n"
    private static let done = "{\"return\": {}, \"id\": \"2\"}\r\n"

    /// What a press of the power button meets, within some patience, and how long it takes.
    private func press(
        _ monitor: StandInMonitor, patience: Duration = .seconds(20)
    ) -> (error: OperationError?, time: Duration) {
        var error: OperationError?
        let time = ContinuousClock().measure {
            do throws(OperationError) {
                try ControlSocket(path: monitor.path, patience: patience).execute(.powerdown)
            } catch let caught {
                error = caught
            }
        }
        return (error, time)
    }

    /// The command comes behind the capabilities; what QEMU says by itself is no answer.
    @Test func carriedOutBetweenEvents() throws {
        let monitor = try StandInMonitor { connection in
            connection.say(Self.event + Self.greeting)
            connection.hear(1)
            connection.say(Self.ready + Self.event)
            connection.hear(1)
            connection.say(Self.event + Self.done)
        }
        #expect(press(monitor).error == nil)
        #expect(monitor.heard() == [#"{"execute":"qmp_capabilities"}"#, #"{"execute":"system_powerdown","id":"2"}"#])
    }

    /// Lines arrive in pieces and several at once.
    @Test func linesInPieces() throws {
        let monitor = try StandInMonitor { connection in
            for byte in (Self.greeting + Self.event + Self.ready + Self.done).unicodeScalars { connection.say(String(byte)) }
            connection.waitForTheEnd()
        }
        #expect(press(monitor).error == nil)
        #expect(monitor.heard().count == 2)
    }

    /// One answer is to the capabilities only.
    @Test func oneAnswerIsNotEnough() throws {
        let monitor = try StandInMonitor { connection in
            connection.say(Self.greeting + Self.event + Self.ready)
            connection.waitForTheEnd()
        }
        #expect(press(monitor, patience: .milliseconds(100)).error?.cause.hasPrefix("no answer within") == true)
    }

    /// The order to unplug is taken, and the guest does not follow it.
    @Test func notLetGo() throws {
        let monitor = try StandInMonitor { connection in
            connection.say(Self.greeting)
            connection.hear(2)
            connection.say(Self.ready + Self.done)
            connection.waitForTheEnd()
        }
        var error: OperationError?
        do throws(OperationError) {
            try ControlSocket(path: monitor.path).session { (monitor) throws(MonitorError) in
                try monitor.unplug("disk1", within: .milliseconds(100))
            }
        } catch let caught {
            error = caught
        }
        #expect(error?.cause == "the guest has not let disk1 go" && error?.remedy?.hasPrefix("eject it") == true)
    }

    @Test func refused() throws {
        let monitor = try StandInMonitor { connection in
            connection.say(Self.greeting)
            connection.hear(2)
            connection.say(Self.ready + #"{"error": {"class": "GenericError", "desc": "not \u001b[2J now"}, "id": "2"}"# + "\r\n")
            connection.waitForTheEnd()
        }
        let error = try #require(press(monitor).error)
        #expect(error.cause.hasPrefix("QEMU refuses system_powerdown: ") && error.cause.contains(" now") && !error.cause.contains("\u{1B}"))
        #expect(error.object == monitor.path && error.exit == Diagnostics.ExitStatus.tempFail)
    }

    @Test(arguments: [0, 1, 2]) func closedEarly(lines: Int) throws {
        let monitor = try StandInMonitor { connection in
            connection.say(Self.greeting + (lines == 2 ? Self.ready : ""))
            connection.hear(lines)
        }
        let (error, time) = press(monitor)
        #expect(error?.exit == Diagnostics.ExitStatus.tempFail && time < .seconds(10))
        // Where it had heard nothing, the kernel says that what it was told is lost.
        if lines == 2 { #expect(error?.cause == "QEMU has closed it") }
    }

    /// Writing to it then is an error, not the end of this process by SIGPIPE.
    @Test func goneBeforeItIsTold() throws {
        let monitor = try StandInMonitor { _ in }
        let socket = try LocalSocket(connectingTo: monitor.path, patience: .seconds(20))
        #expect(monitor.heard().isEmpty)
        #expect(throws: Errno.brokenPipe) { try socket.send("words\n") }
        #expect(try socket.receive().isEmpty)
    }

    @Test func silence() throws {
        let monitor = try StandInMonitor { $0.waitForTheEnd() }
        let (error, time) = press(monitor, patience: .milliseconds(100))
        #expect(error?.cause == "no answer within 0.1 seconds" && error?.remedy != nil, "\(String(describing: error))")
        #expect(time >= .milliseconds(100) && time < .seconds(10))
    }

    /// Events do not make the patience longer.
    @Test func nothingButEvents() throws {
        let monitor = try StandInMonitor { connection in
            // Longer than the patience, and shorter than for ever.
            for _ in 0..<500 where connection.say(Self.event) { usleep(20_000) }
        }
        let (error, time) = press(monitor, patience: .milliseconds(200))
        #expect(error?.cause.hasPrefix("no answer within") == true)
        #expect(time < .seconds(5))
    }

    @Test func aLineWithoutEnd() throws {
        let monitor = try StandInMonitor { connection in
            let piece = String(repeating: "x", count: 4096)
            for _ in 0..<1024 where !connection.say(piece) { return }
            connection.waitForTheEnd()
        }
        let (error, time) = press(monitor)
        #expect(error?.cause == "its answer does not end" && time < .seconds(10))
    }

    /// QEMU takes one connection and keeps two waiting; whoever comes then is not kept for ever.
    @Test func othersWaitAlready() throws {
        let monitor = try StandInMonitor(nil)
        for _ in 0..<4 {
            let (error, time) = press(monitor, patience: .milliseconds(100))
            #expect(error?.cause.hasPrefix("no answer within") == true && time < .seconds(5))
        }
    }

    @Test(arguments: ["/nonexistent/qmp.sock", "/" + String(repeating: "x", count: 107), "/dev/null"]) func nobodyThere(path: String) {
        let error = #expect(throws: OperationError.self) { try ControlSocket(path: path).execute(.powerdown) }
        #expect(error?.object == path && error?.exit == Diagnostics.ExitStatus.tempFail && error?.remedy?.isEmpty == false)
    }
}
