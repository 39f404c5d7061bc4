import Diagnostics
import Glibc
import LinuxSupport

/// A terminal that is connected to the guest's serial port by the supervisor, until one of the three leaves.
struct ConsoleSession: ~Copyable {
    private let client: SupervisorClient
    private let escape: UInt8?
    /// What the supervisor has not taken yet.
    private var pending: ArraySlice<UInt8> = []
    private static let limit = 4096

    private enum End: Equatable { case escape, guest, output, signal(Int32) }

    /// - Parameters:
    ///   - client: has asked for a console.
    ///   - escape: the byte that leaves, when standard input is a terminal.
    init(_ client: consuming SupervisorClient, escape: UInt8?) {
        self.client = client
        self.escape = escape
    }

    /// - Parameter lines: how many of the guest's last lines are shown first.
    /// - Throws: `config` when the guest has no console; `interrupted` for a signal. The terminal is as it was before, after each.
    mutating func run(lines: Int) throws(OperationError) {
        let (count, first) = try header()
        // Before the terminal is changed: a signal must not end this process without changing it back.
        let signals = try Signals([SIGTERM, SIGINT, SIGHUP, SIGQUIT])
        signal(SIGPIPE, SIG_IGN)
        let terminal = TerminalState()
        if terminal != nil, let escape {
            Terminal.say("connected to the guest's serial port; Ctrl-\(String(UnicodeScalar(escape + 0x40))) leaves")
        }
        terminal?.makeRaw()
        defer { terminal?.restore() }
        var window = first
        var end: End?
        while end == nil, window.count < count { end = next(signals, isTerminal: terminal != nil) { window += $0 } }
        if end == nil || end == .guest {
            let rest = window.dropFirst(count)
            if !Terminal.write(Self.lastLines(lines, of: window.prefix(count)) + rest) { end = .output }
        }
        while end == nil {
            var shown = true
            end = next(signals, isTerminal: terminal != nil) { shown = Terminal.write($0) }
            if !shown { end = .output }
        }
        terminal?.restore()
        switch end {
        case .escape: Terminal.say("left the console; the guest goes on")
        case .guest: Terminal.say("the supervisor has closed the console")
        case .signal(let number): throw OperationError("", "", cause: "interrupted by signal \(number)", exit: .interrupted)
        case .output, nil: break
        }
    }

    /// The supervisor's first line, and what came behind it.
    private func header() throws(OperationError) -> (count: Int, rest: [UInt8]) {
        var bytes: [UInt8] = []
        while true {
            let more = try client.next(until: .now + .seconds(10))
            bytes += more
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                let words = String(decoding: bytes[..<end], as: UTF8.self)
                if words.hasPrefix("ok "), let count = Int(words.dropFirst(3)), count >= 0 { return (count, Array(bytes[(end + 1)...])) }
                if words + "\n" == SupervisorSocket.refusal { throw client.full }
                throw OperationError("open", "the console", cause: String(words.dropFirst(3)).printable, exit: .config)
            }
            guard !more.isEmpty, bytes.count < Self.limit else {
                throw OperationError("open", "the console", cause: "the supervisor has no consoles", remedy: "update boot", exit: .tempFail)
            }
        }
    }

    /// Waits for the supervisor, the terminal and signals, once.
    private mutating func next(_ signals: borrowing Signals, isTerminal: Bool, show: ([UInt8]) -> Void) -> End? {
        var polled = [pollfd(fd: signals.rawValue, events: Int16(POLLIN), revents: 0)]
        polled.append(pollfd(fd: client.rawValue, events: Int16(POLLIN) | (pending.isEmpty ? 0 : Int16(POLLOUT)), revents: 0))
        // A key that leaves is read whether the guest takes the others or not.
        let reads = isInputOpen && (isTerminal || pending.isEmpty)
        if reads { polled.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
        guard poll(&polled, nfds_t(polled.count), -1) > 0 else { return nil }
        if let signal = signals.nextRequest() { return .signal(signal) }
        if polled[1].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(client.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return .guest }
            if count > 0 { show(Array(buffer[..<count])) }
        }
        if polled[1].revents & Int16(POLLOUT) != 0 { send() }
        return reads && polled[2].revents != 0 ? read(isTerminal: isTerminal) : nil
    }

    private var isInputOpen = true

    private mutating func read(isTerminal: Bool) -> End? {
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { isInputOpen = false }
            // A terminal that is gone takes no output either.
            return isTerminal && !isInputOpen ? .output : nil
        }
        let bytes = buffer[..<count]
        let leaving = isTerminal ? escape.flatMap { bytes.firstIndex(of: $0) } : nil
        if pending.count + bytes.count <= Self.limit {
            pending += bytes[..<(leaving ?? bytes.endIndex)]
        } else {
            // As a terminal that nobody reads does.
            _ = Terminal.write([0x07])
        }
        send()
        return leaving == nil ? nil : .escape
    }

    private mutating func send() {
        let count = pending.withUnsafeBytes {
            Glibc.send(client.rawValue, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
        if count > 0 { pending = pending.dropFirst(count) }
    }

    /// The end of a text, from the beginning of a line on.
    static func lastLines(_ count: Int, of text: some Collection<UInt8>) -> [UInt8] {
        var lines = Array(text).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What follows the last newline is a line only when something is in it.
        let end = lines.last?.isEmpty == true ? lines.popLast() : nil
        var last = lines.suffix(count)
        if let end, !last.isEmpty { last.append(end) }
        return Array(last.joined(separator: [UInt8(ascii: "\n")]))
    }
}

/// Standard output and standard error of a terminal that may be raw.
private enum Terminal {
    static func say(_ text: String) { Console.error("\r\nboot: \(text)\r\n") }

    /// Whether it was taken.
    static func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Another program has made the terminal's descriptor non-blocking.
                var polled = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                _ = poll(&polled, 1, 1000)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
