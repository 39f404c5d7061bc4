import Glibc
import LinuxSupport
import Testing

@testable import Booter

/// What a relay between a browser and QEMU does when one of them goes. KernelTests have a browser.
struct StreamRelayTests {
    /// The two outer ends, and the relay between.
    private struct Line: ~Copyable {
        let browser: OwnedDescriptor
        let qemu: OwnedDescriptor
        let relay: StreamRelay

        init() throws {
            let (outer, inner) = (try Self.pair(), try Self.pair())
            browser = OwnedDescriptor(adopting: outer.0)
            qemu = OwnedDescriptor(adopting: inner.0)
            relay = StreamRelay(OwnedDescriptor(adopting: outer.1), OwnedDescriptor(adopting: inner.1), first: Array("first".utf8))
        }

        private static func pair() throws -> (Int32, Int32) {
            var ends: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
            return (ends[0], ends[1])
        }

        /// A turn of a loop that does not wait.
        /// - Returns: whether poll(2) found something.
        @discardableResult func turn() -> Bool {
            var polled = relay.watched.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            guard poll(&polled, nfds_t(polled.count), 0) > 0 else { return false }
            relay.move(polled.filter { $0.revents != 0 }.map(\.fd))
            return true
        }
    }

    private static func say(_ bytes: [UInt8], _ end: borrowing OwnedDescriptor) -> Int {
        send(end.rawValue, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }

    /// What has come.
    private static func heard(_ end: borrowing OwnedDescriptor) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = recv(end.rawValue, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return Array(bytes.prefix(max(count, 0)))
    }

    @Test func lastWordsArePassedOn() throws {
        let line = try Line()
        #expect(Self.say(Array("words".utf8), line.qemu) == 5)
        shutdown(line.qemu.rawValue, Int32(SHUT_RDWR))
        for _ in 0..<4 where !line.relay.isOver { line.turn() }
        #expect(line.relay.isOver && Self.heard(line.browser) == Array("words".utf8))
    }

    /// The other side takes nothing: the loop has nothing to do until it does, and gets everything then.
    @Test func goneWithAFullBuffer() throws {
        let line = try Line()
        var sent: [UInt8] = Array("first".utf8)
        var got: [UInt8] = []
        var isStuck = false
        for round in 0..<10_000 where !isStuck {
            let portion = [UInt8](repeating: UInt8(round & 0xff), count: 4096)
            let count = Self.say(portion, line.browser)
            sent += portion.prefix(max(count, 0))
            isStuck = !line.turn() && count < 0
        }
        #expect(isStuck)
        shutdown(line.browser.rawValue, Int32(SHUT_RDWR))
        #expect(!line.turn() && !line.relay.isOver)
        for _ in 0..<10_000 where !line.relay.isOver {
            got += Self.heard(line.qemu)
            line.turn()
        }
        got += Self.heard(line.qemu)
        #expect(line.relay.isOver && got == sent, "\(got.count) of \(sent.count)")
    }
}
