import TestSupport
import Testing

@testable import QMP

/// What a QEMU says, as the tests write it.
enum Lines {
    static let greeting =
        #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2"}, "capabilities": ["oob"]}}"#
        + "\r\n"
    static let ready = #"{"return": {}}"# + "\r\n"
    static func event(_ name: String, _ data: String? = nil) -> String {
        #"{"timestamp": {"seconds": 1700000000, "microseconds": 5}, "event": ""# + name + "\"" + (data.map { ", \"data\": " + $0 } ?? "")
            + "}\r\n"
    }
}

struct SessionTests {
    private func names(_ received: [Session.Received]) -> [String] {
        received.map {
            switch $0 {
            case .greeting(let greeting): "greeting \(greeting.version) \(greeting.package) \(greeting.capabilities)"
            case .answer(let request, let json): "\(request.command): \(json.rest)"
            case .refusal(let request, let refusal): "\(request.command)! \(refusal.kind) \(refusal.description)"
            case .event(let event): "\(event.kind)"
            }
        }
    }

    private func receive(_ session: inout Session, _ text: String) throws -> [String] { names(try session.receive(Array(text.utf8))) }

    @Test func aWholeSession() throws {
        var session = Session()
        #expect(session.negotiate().line == #"{"execute":"qmp_capabilities"}"# + "\n")
        #expect(session.submit(.queryStatus).line == #"{"execute":"query-status","id":"2"}"# + "\n")
        #expect(session.submit(.powerdown).line == #"{"execute":"system_powerdown","id":"3"}"# + "\n")
        #expect(try receive(&session, Lines.greeting) == [#"greeting [7, 2, 22] Debian 1:7.2 ["oob"]"#])
        #expect(try receive(&session, Lines.ready + Lines.event("RESUME")) == ["qmp_capabilities: {}", "resume"])
        // Not in the order of the questions.
        #expect(try receive(&session, #"{"id": "3", "return": {}}"# + "\n") == ["system_powerdown: {}"])
        #expect(
            try receive(&session, #"{"error": {"class": "GenericError", "desc": "no"}, "id": "2"}"# + "\n") == [
                "query-status! GenericError no"
            ])
        #expect(session.requests.isEmpty)
    }

    @Test(arguments: [1, 2, 3, 7, 1000]) func piecesOfAnySize(size: Int) throws {
        var session = Session()
        _ = session.negotiate()
        _ = session.submit(.quit)
        let text = Array(
            (Lines.greeting + "\n\r\n" + Lines.event("STOP") + Lines.ready + #"{"return": {}, "id": "2"}"# + "\n" + Lines.event("RESET"))
                .utf8)
        var seen: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            seen += names(try session.receive(Array(text[start..<min(text.count, start + size)])))
        }
        #expect(seen.dropFirst() == ["stop", "qmp_capabilities: {}", "quit: {}", #"unknown(name: "RESET", data: "{}")"#])
    }

    @Test(arguments: [
        "rubbish", "{}", "[]", "1", "{\"return\": {}", #"{"return": {}, "error": {"class": "a", "desc": "b"}}"#,
        #"{"error": {"class": "a"}}"#,
        #"{"error": "x", "id": "1"}"#, #"{"QMP": {}}"#, #"{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": []}}"#,
        #"{"event": 3}"#, #"{"return": {}, "id": 1}"#, "{\"return\": \"\u{0}\"}", #"{"return": {}} x"#,
        #"{"event": "STOP", "event": "STOP"}"#,
    ])
    func rubbishIsRefused(line: String) throws {
        var session = Session()
        _ = session.submit(.quit)
        #expect { try session.receive(Array((line + "\n").utf8)) } throws: {
            if case .rubbish = $0 as? ProtocolError { true } else { false }
        }
        // Behind another program's output, it is passed over.
        var lenient = Session(isLenient: true)
        #expect(try lenient.receive(Array((line + "\n").utf8)).isEmpty)
    }

    @Test func rubbishIsPrintable() {
        #expect(ProtocolError.rubbish(line: Array("a\u{1b}[2J".utf8)).description == "not a QMP message: a?[2J")
        #expect(ProtocolError.rubbish(line: Array(repeating: 0x61, count: 5000)).description.utf8.count < 120)
    }

    @Test func whatDoesNotBelongHere() {
        for line in [#"{"return": {}, "id": "9"}"#, #"{"error": {"class": "a", "desc": "b"}, "id": "9"}"#, #"{"return": {}}"#] {
            var session = Session()
            _ = session.submit(.quit)
            #expect { try session.receive(Array((line + "\n").utf8)) } throws: {
                if case .unexpected = $0 as? ProtocolError { true } else { false }
            }
        }
        var session = Session()
        #expect { try session.receive(Array((Lines.greeting + Lines.greeting).utf8)) } throws: {
            $0 as? ProtocolError == .unexpected("a second greeting")
        }
    }

    /// A line that QEMU could not read: its error has no id.
    @Test func anErrorWithoutID() throws {
        var session = Session()
        _ = session.submit(.quit)
        #expect(
            try receive(&session, #"{"error": {"class": "GenericError", "desc": "JSON parse error"}}"# + "\n") == [
                "quit! GenericError JSON parse error"
            ])
    }

    @Test func linesHaveALimit() throws {
        var session = Session(lineLimit: 100)
        _ = try session.receive(Array(repeating: 0x20, count: 60))
        #expect(throws: ProtocolError.lineTooLong(limit: 100)) { try session.receive(Array(repeating: 0x20, count: 60)) }
        session = Session(lineLimit: 100)
        #expect(throws: ProtocolError.lineTooLong(limit: 100)) { try session.receive(Array((Lines.greeting).utf8)) }
        session = Session(lineLimit: Lines.greeting.utf8.count)
        #expect(try session.receive(Array((Lines.greeting + Lines.event("STOP")).utf8)).count == 2)
    }

    @Test func deadlines() throws {
        let now = ContinuousClock.now
        var session = Session()
        let slow = session.submit(.stop, until: now + .seconds(5)).request
        let fast = session.submit(.cont, until: now + .seconds(2)).request
        _ = session.submit(.quit)
        #expect(session.deadline == now + .seconds(2))
        #expect(session.expire(at: now + .seconds(1)).isEmpty)
        #expect(session.expire(at: now + .seconds(2)) == [fast] && session.deadline == now + .seconds(5))
        #expect(session.expire(at: now + .seconds(9)) == [slow] && session.deadline == nil && session.expire(at: now + .seconds(9)).isEmpty)
        // Their answers come late, and are no surprise.
        #expect(try receive(&session, #"{"return": {}, "id": "1"}"# + "\n" + #"{"return": {}, "id": "2"}"# + "\n").isEmpty)
        #expect(try receive(&session, #"{"return": {}, "id": "3"}"# + "\n") == ["quit: {}"])
    }

    @Test(
        arguments: [
            ("SHUTDOWN", #"{"guest": true, "reason": "guest-shutdown"}"#, Event.Kind.shutdown(guest: true, reason: "guest-shutdown")),
            ("RESET", #"{"guest": false, "reason": "host-qmp-system-reset"}"#, .reset(guest: false, reason: "host-qmp-system-reset")),
            ("STOP", nil, .stop), ("RESUME", nil, .resume), ("POWERDOWN", nil, .powerdown),
            (
                "BLOCK_IO_ERROR",
                #"{"device": "", "qom-path": "/machine/peripheral/disk", "node-name": "block1", "operation": "write", "action": "stop", "nospace": true, "reason": "No space left on device"}"#,
                .blockIOError(
                    .init(
                        device: "/machine/peripheral/disk", operation: "write", action: "stop", noSpace: true,
                        reason: "No space left on device"))
            ),
            ("GUEST_PANICKED", #"{"action": "pause", "info": {"type": "hyper-v", "arg1": 5}}"#, .guestPanicked(action: "pause")),
            ("VSERPORT_CHANGE", #"{"open": true}"#, .unknown(name: "VSERPORT_CHANGE", data: #"{"open": true}"#)),
            // Not as documented, and not lost.
            ("SHUTDOWN", #"{"guest": "yes"}"#, .unknown(name: "SHUTDOWN", data: #"{"guest": "yes"}"#)),
            ("SHUTDOWN", nil, .unknown(name: "SHUTDOWN", data: "{}")),
            ("BLOCK_IO_ERROR", "[]", .unknown(name: "BLOCK_IO_ERROR", data: "[]")),
        ] as [(String, String?, Event.Kind)])
    func events(name: String, data: String?, kind: Event.Kind) throws {
        var session = Session()
        let received = try session.receive(Array(Lines.event(name, data).utf8))
        guard case .event(let event)? = received.first else { throw ProtocolError.unexpected("no event") }
        #expect(event.kind == kind && event.time?.seconds == 1_700_000_000 && event.time?.microseconds == 5)
    }

    /// Changed conversations in random pieces: an error at most, and no answer to anything that was not asked.
    @Test func fuzz() {
        var random = SplitMix64(seed: 3)
        let conversation =
            Lines.greeting + Lines.ready + Lines.event("SHUTDOWN", #"{"guest": true, "reason": "x"}"#)
            + #"{"return": {"running": true, "status": "running"}, "id": "2"}"#
            + "\r\n" + #"{"error": {"class": "GenericError", "desc": "\u00e9"}, "id": "3"}"# + "\r\n" + Lines.event("BLOCK_IO_ERROR", "{}")
        for round in 0..<5_000 {
            var session = Session(lineLimit: 4096, isLenient: round % 2 == 0)
            _ = session.negotiate()
            _ = session.submit(.queryStatus)
            _ = session.submit(.quit)
            var rest = random.mutatedJSON(conversation)[...]
            var answers = 0
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...50, using: &random))
                rest = rest.dropFirst(piece.count)
                guard let received = try? session.receive(Array(piece)) else { break }
                for case .answer(let request, let json) in received {
                    answers += 1
                    if request.command == "query-status" { _ = try? Command.queryStatus.answer(json) }
                }
            }
            #expect(answers <= 3)
        }
    }
}
