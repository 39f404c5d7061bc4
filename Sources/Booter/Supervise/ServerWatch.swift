import Lifecycle
import LinuxSupport

/// Whether dnsmasq still runs, and when to start it again.
struct ServerWatch: ~Copyable {
    private var process: ProcessHandle?
    private var started = ContinuousClock.now
    private var failures = 0
    /// When the next try is due; nil while it runs.
    private(set) var retry: ContinuousClock.Instant?

    /// - Parameter process: its number; nil when there is none to watch.
    init(_ process: Int32?) { self.process = process.flatMap { Self.handle($0) } }

    /// For poll(2).
    var rawValue: Int32? {
        switch process {
        case .some(let process): process.rawValue
        case .none: nil
        }
    }

    /// It has ended, or could not be started: when to try again.
    /// - Returns: the pause.
    mutating func fail(at now: ContinuousClock.Instant = .now) -> Duration {
        process = nil
        failures = now - started >= LifecyclePolicy.stable ? 1 : failures + 1
        let delay = LifecyclePolicy.delay(after: failures)
        retry = now + delay
        return delay
    }

    mutating func watch(_ number: Int32) {
        (started, retry) = (.now, nil)
        process = Self.handle(number)
        // It has ended already.
        if process == nil { _ = fail() }
    }

    private static func handle(_ number: Int32) -> ProcessHandle? {
        do {
            return try ProcessHandle(number)
        } catch {
            return nil
        }
    }
}
