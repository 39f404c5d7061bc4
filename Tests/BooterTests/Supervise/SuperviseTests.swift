import Diagnostics
import Foundation
import Glibc
import Lifecycle
import LinuxSupport
import QMP
import SystemPackage
import Testing

@testable import BootSettings
@testable import Booter

/// The parts of a supervising `boot`, without a guest; KernelTests have one.
struct SuperviseTests {
    @Test func aRingKeepsTheLastBytes() {
        var ring = ByteRing(limit: 5)
        #expect(ring.contents.isEmpty)
        var all: [UInt8] = []
        for length in [0, 1, 3, 2, 4, 5, 6, 11, 1] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: all.count + $0) }
            ring.append(bytes)
            all += bytes
            #expect(ring.contents == Array(all.suffix(5)))
        }
    }

    @Test func aNetworkThatCannotBeFollowed() {
        var retry = UplinkRetry()
        var pauses: [Duration] = []
        for attempt in 0..<8 {
            let (news, pause) = retry.fail(["changed", "cannot"])
            #expect(news == (attempt == 0 ? ["changed", "cannot"] : []))
            pauses.append(pause)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
        #expect(retry.fail(["changed", "cannot otherwise"]).news == ["cannot otherwise"])
        #expect(retry.succeed(["changed", "done"]) == ["done", "the guest's network follows again"])
        #expect(retry.succeed(["changed"]) == ["changed"])
        #expect(retry.fail(["changed"]) == (["changed"], .seconds(1)))
    }

    /// Events as the kernel writes them: a press, its report, the release.
    @Test func aPressOfTheMachinesButton() throws {
        func event(_ type: UInt16, _ code: UInt16, _ value: Int32) -> [UInt8] {
            [UInt8](repeating: 7, count: 16) + withUnsafeBytes(of: type.littleEndian) { Array($0) }
                + withUnsafeBytes(of: code.littleEndian) { Array($0) } + withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        #expect(PowerButtons.isPress(event(1, 116, 1) + event(0, 0, 0)))
        #expect(PowerButtons.isPress(event(0, 0, 0) + event(1, 116, 1)))
        for other in [event(1, 116, 0), event(1, 143, 1), event(0, 116, 1), [], Array(event(1, 116, 1).dropLast())] {
            #expect(!PowerButtons.isPress(other))
        }
        let names = ["event0": "AT Translated Set 2 keyboard", "event1": "Power Button", "mouse0": "Power Button"]
        let files = names.map { ("/sys/class/input/\($0.key)/device/name", $0.value + "\n") }
        let machine = try ScratchMachine(Dictionary(uniqueKeysWithValues: files))
        #expect(PowerButtons.names(machine.root) == ["event1"])
    }

    @Test func everyPrintableCharacterHasKeys() {
        var strokes: Set<[String]> = []
        for value in UInt8(0x20)..<0x7f {
            guard let keys = USKeyboard.keys(for: Unicode.Scalar(value)) else {
                Issue.record("no key for \(value)")
                continue
            }
            #expect(strokes.insert(keys).inserted, "\(keys) twice")
        }
        #expect(USKeyboard.keys(for: "A") == ["shift", "a"] && USKeyboard.keys(for: "?") == ["shift", "slash"])
        #expect(USKeyboard.keys(for: "\n") == ["ret"] && USKeyboard.keys(for: "é") == nil)
    }

    /// The plan says everything that differs, and nothing differs without the key.
    @Test func thePlan() throws {
        let plain = Sample.plan()
        let plan = Sample.plan(.with { ($0.guest.supervise, $0.guest.stopTimeout, $0.guest.afterPowerOff) = (true, 30, .restart) })
        #expect(plain.supervision == nil)
        #expect(plan.supervision?.policy == LifecyclePolicy(afterPowerOff: .restart, afterCrash: .restart, stopTimeout: .seconds(30)))
        let words = try #require(plan.qemu?.argv)
        #expect(words.contains("socket,id=supervisor,fd=72") && words.contains("chardev=supervisor,mode=control"))
        #expect(words.contains { $0.hasPrefix("id=system-drive,") && $0.contains(",werror=stop,rerror=stop,") })
        #expect(plain.qemu?.argv.contains { $0.contains("werror") || $0.contains("supervisor") } == false)
        #expect(plan.steps.filter { !plain.steps.contains($0) } == [.expectSocket(path: "/run/macos-virt/boot.sock")])
        #expect(plan.supervision?.lastStop == "/var/lib/macos-virt/last-stop.json")
        let again = try JSONDecoder().decode(BootPlan.self, from: JSONEncoder().encode(plan))
        #expect(again == plan)
    }

    /// No other descriptor that QEMU inherits has the number of its connection to boot.
    @Test func theDescriptorIsFree() throws {
        let plan = Sample.plan(.with { ($0.guest.supervise, $0.network.queues) = (true, 8) })
        let qemu = try #require(plan.qemu)
        let highest = (qemu.tapDescriptors + qemu.vhostDescriptors).max() ?? 0
        #expect(highest < RunLock.fileNumber && Booter.Supervision.monitorDescriptor > RunLock.networkNumber + 1)
    }

    /// A reader that takes nothing holds nobody up, and loses nothing.
    @Test func outputWaitsForItsReader() throws {
        let source = try SocketPair()
        let target = try SocketPair()
        var relay = OutputRelay(to: target.far.rawValue, keeping: 8)
        let other = OwnedDescriptor(adopting: dup(source.far.rawValue))
        let writer = other.rawValue
        let reader = target.near.rawValue
        relay.attach(source.closeFar())
        let text = Array("0123456789abcdef".utf8)
        #expect(send(writer, text, text.count, 0) == text.count)
        let idle = relay.watched?.events
        let read = relay.move()
        let pending = relay.watched?.events
        #expect(idle == Int16(POLLIN) && read == text && pending == Int16(POLLOUT))
        let written = relay.move()
        let done = relay.watched?.events
        #expect(written.isEmpty && done == Int16(POLLIN))
        var received = [UInt8](repeating: 0, count: 64)
        #expect(recv(reader, &received, received.count, 0) == text.count)
        let recent = relay.recent.contents
        #expect(recent == Array(text.suffix(8)))
    }

    /// A guest that takes nothing holds nobody up: no more is read for it than it may take later.
    @Test func whatIsTypedWaitsForTheGuest() throws {
        let pair = try SocketPair()
        var keys = GuestInput()
        keys.append([1])
        let before = keys.hasRoom
        #expect(!before && keys.watched.isEmpty)
        let guest = OwnedDescriptor(adopting: dup(pair.far.rawValue))
        keys.attach(pair.closeFar())
        var typed = 0
        while keys.hasRoom, typed < 1 << 24 {
            keys.append([UInt8](repeating: UInt8(truncatingIfNeeded: typed >> 10), count: 1024))
            typed += 1024
        }
        let full = keys.hasRoom
        #expect(!full && typed < 1 << 24)
        let watched = keys.watched
        #expect(watched.count == 1 && watched[0].events == Int16(POLLOUT))
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while received.count < typed {
            let count = recv(guest.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { received += buffer[..<count] } else { keys.move(watched.map(\.descriptor)) }
        }
        #expect(received == (0..<typed).map { UInt8(truncatingIfNeeded: $0 >> 10) })
        keys.detach()
        let after = keys.hasRoom
        #expect(!after)
    }

    @Test(arguments: [
        ("", 3, ""), ("a\nb\nc\n", 2, "b\nc\n"), ("a\nb\nc", 2, "b\nc"), ("a\nb", 5, "a\nb"), ("a\n", 0, ""), ("\n\n\n", 2, "\n\n"),
    ])
    func lastLines(text: String, count: Int, last: String) {
        #expect(String(decoding: ConsoleSession.lastLines(count, of: text.utf8), as: UTF8.self) == last)
    }

    @Test func escapeKeys() {
        let keys: [(String, UInt8?)] = [("^A", 1), ("^a", 1), ("^]", 0x1d), ("^_", 0x1f), ("none", nil)]
        for (text, byte) in keys {
            let key = EscapeKey(argument: text)
            #expect(key != nil && key?.byte == byte, "\(text)")
        }
        for text in ["", "^", "A", "^1", "^AB", "^@", "^`"] { #expect(EscapeKey(argument: text) == nil, "\(text)") }
        #expect(EscapeKey.standard.defaultValueDescription == "^]")
    }

    /// A link, and its peer's end.
    private struct Pair: ~Copyable {
        var link: MonitorLink
        private var peer: OwnedDescriptor?

        init() throws {
            let pair = try SocketPair()
            peer = OwnedDescriptor(adopting: dup(pair.far.rawValue))
            link = MonitorLink(pair.closeFar())
        }

        func say(_ lines: String...) {
            let text = Array((lines.joined(separator: "\n") + "\n").utf8)
            let number: Int32 =
                switch peer {
                case .some(let peer): peer.rawValue
                case .none: -1
                }
            #expect(send(number, text, text.count, 0) == text.count)
        }

        mutating func close() { peer = nil }
    }

    /// What a peer says, as events of the life.
    @Test(arguments: [
        (
            #"{"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}"#,
            LifecycleEvent.shutdown(byGuest: true, reason: "guest-shutdown")
        ),
        (#"{"event":"RESET","data":{"guest":true,"reason":"guest-reset"}}"#, .reset(byGuest: true)), (#"{"event":"STOP"}"#, .paused),
        (#"{"event":"GUEST_PANICKED","data":{"action":"pause"}}"#, .panicked(.pauses)),
        (#"{"event":"GUEST_PANICKED","data":{"action":"poweroff"}}"#, .panicked(.ends)),
        (
            #"{"event":"BLOCK_IO_ERROR","data":{"device":"system-drive","operation":"write","action":"stop","nospace":true,"reason":"x"}}"#,
            .diskError(.init(disk: "system-drive", operation: "write", reason: "no space left"), stops: true)
        ), ("rubbish", .connectionLost("not a QMP message: rubbish")),
    ])
    func whatQEMUSays(line: String, event: LifecycleEvent) throws {
        var pair = try Pair()
        pair.say(line)
        let heard = pair.link.receive()
        #expect(heard == [.event(event)])
    }

    /// QEMU answers the question for its state: then the guest runs.
    @Test func ready() throws {
        var pair = try Pair()
        let none = pair.link.open()
        #expect(none.isEmpty)
        pair.say(#"{"return":{}}"#, #"{"return":{"status":"running","running":true},"id":"2"}"#)
        let ready = pair.link.receive()
        #expect(ready == [.event(.ready)])
        pair.close()
        let lost = pair.link.receive()
        #expect(lost == [.event(.connectionLost("QEMU has closed it"))])
        let after = pair.link.order(.quit)
        #expect(after.isEmpty)
    }

    /// A peer that reads nothing is given up, not waited for.
    @Test func aPeerThatStalls() throws {
        var pair = try Pair()
        let start = ContinuousClock.now
        var heard: [MonitorLink.Heard] = []
        for _ in 0..<100_000 where heard.isEmpty { heard = pair.link.order(.powerdown) }
        #expect(heard == [.event(.connectionLost("QEMU does not read"))])
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    /// One that says more than a turn reads waits for the next turn: signals and deadlines are heard in between. After its end, all is read.
    @Test func aPeerThatFloods() throws {
        var pair = try Pair()
        let lines = [String](repeating: #"{"event":"STOP"}"#, count: 6000).joined(separator: "\n")
        pair.say(lines)
        let first = pair.link.receive().count
        #expect(first > 3000 && first < 6000)
        let rest = pair.link.receive(portions: .max).count
        #expect(first + rest == 6000)
    }

    @Test(
        arguments: [
            (LifecycleOutcome.poweredOff, nil), (.quit, 80), (.terminated, 81), (.killed, 82), (.failed(.panic), 83),
            (.failed(.crash(.signalled(11))), 84), (.notStarted("x"), 84),
        ] as [(LifecycleOutcome, Int32?)])
    func exitCodes(outcome: LifecycleOutcome, code: Int32?) {
        #expect(outcome.error?.exitCode == code)
    }
}
