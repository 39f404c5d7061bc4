import Lifecycle

/// When a change of the network that could not be followed is tried again, and what of it is new to say.
struct UplinkRetry {
    private var failures = 0
    /// What was said of the last attempt.
    private var said: [String] = []

    /// An attempt has failed.
    /// - Returns: what the attempt before it has not said, and the pause until the next.
    mutating func fail(_ events: [String]) -> (news: [String], pause: Duration) {
        failures += 1
        defer { said = events }
        return (events.filter { !said.contains($0) }, LifecyclePolicy.delay(after: failures))
    }

    /// An attempt has succeeded.
    /// - Returns: what the failed attempt before it has not said.
    mutating func succeed(_ events: [String]) -> [String] {
        defer { (failures, said) = (0, []) }
        return events.filter { !said.contains($0) } + (failures > 0 ? ["the guest's network follows again"] : [])
    }
}
