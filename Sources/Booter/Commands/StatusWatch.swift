import Diagnostics
import Glibc
import LinuxSupport
import QMP

/// The status again and again: a screen that is drawn anew on a terminal, a line each time otherwise.
struct StatusWatch {
    let path: String
    let interval: Duration
    /// Lines of JSON in place of text.
    let json: Bool
    private var before: (status: QMP.JSONValue, at: ContinuousClock.Instant)?

    init(path: String, interval: Duration, json: Bool) { (self.path, self.interval, self.json) = (path, interval, json) }

    /// Until the supervisor has ended or a signal comes.
    /// - Throws: when no supervisor answers at first, and when one that is there does not answer later.
    mutating func run() throws(OperationError) {
        // A terminal gets its cursor back.
        let signals = try Signals([SIGTERM, SIGINT, SIGHUP, SIGQUIT])
        var status = try Status.ask(path)
        let isScreen = isatty(STDOUT_FILENO) == 1 && !json
        if isScreen { try Output.print("\u{1b}[?25l\u{1b}[2J", terminator: "") }
        while true {
            let now = ContinuousClock.now
            try show(status, now, isScreen: isScreen)
            before = (status, now)
            guard !PollDeadline(now + interval).wait(for: signals.rawValue) else { break }
            do {
                status = try Status.ask(path)
            } catch {
                if isScreen { try Output.print("\u{1b}[?25h", terminator: "") }
                // One that ends closes its connections a moment before its socket is gone.
                let end = ContinuousClock.now + .seconds(2)
                while SupervisorClient.isServed(path) {
                    guard ContinuousClock.now < end else { throw error }
                    if PollDeadline(.now + .milliseconds(100)).wait(for: signals.rawValue) { return }
                }
                Console.error("boot: the supervisor has ended\n")
                return
            }
        }
        if isScreen { try Output.print("\u{1b}[?25h", terminator: "") }
    }

    private func show(_ status: QMP.JSONValue, _ now: ContinuousClock.Instant, isScreen: Bool) throws(OperationError) {
        if json { return try Output.print(status.text) }
        let text = StatusText(status, after: before.map { ($0.status, Int(($0.at.duration(to: now)) / .milliseconds(1))) })
        guard isScreen else { return try Output.print("\(StatusText.time(.integer(time(nil))))  \(text.line)") }
        let size = TerminalState.size ?? (24, 80)
        // Each line, and what stood behind it, then what stood below them.
        let lines = text.lines.prefix(size.lines - 1).map { $0.prefix(size.columns) + "\u{1b}[K" }
        try Output.print("\u{1b}[H" + lines.joined(separator: "\n") + "\u{1b}[J", terminator: "")
    }
}
