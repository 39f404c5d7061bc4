/// Whether a guest can be worked with, as a state machine without clock and effect: it has a DHCP lease, then a TCP port answers.
///
/// One check at a time. A supervisor carries out `check` when `pause` is over, and reports what it saw.
package struct Readiness: Equatable, Sendable {
    package enum Condition: String, Equatable, Sendable {
        /// The guest does not run.
        case guest
        /// It has not asked for its address yet.
        case lease
        /// The port does not answer.
        case port
    }

    /// Whether a port belongs to readiness.
    package let hasPort: Bool
    /// The first condition that is not met; nil for a guest that is ready.
    package private(set) var missing: Condition? = .guest
    /// Checks since the guest runs that were not met.
    private var attempts = 0
    /// Of the port of a guest that is ready, in a row.
    private var failures = 0

    package init(hasPort: Bool) { self.hasPort = hasPort }

    /// The guest runs, or has restarted: everything has to be seen anew.
    package mutating func begin() { (missing, attempts, failures) = (.lease, 0, 0) }

    /// The guest does not run.
    package mutating func end() { missing = .guest }

    /// What is to be looked at next; nil for nothing.
    package var check: Condition? {
        switch missing {
        case .guest: nil
        case .lease: .lease
        case .port: .port
        case nil: hasPort ? .port : nil
        }
    }

    /// When, after the last check or the beginning.
    package var pause: Duration {
        if missing == nil, failures == 0 { return Self.whenReady }
        return attempts < Self.eager ? Self.first : Self.later
    }

    /// The result of a check.
    /// - Returns: whether the next one is due at once.
    package mutating func saw(_ condition: Condition, isMet: Bool) -> Bool {
        guard condition == check else { return false }
        switch (missing, isMet) {
        case (.lease, true):
            missing = hasPort ? .port : nil
            attempts = 0
            return hasPort
        case (.port, true), (nil, true): (missing, attempts, failures) = (nil, 0, 0)
        case (nil, false):
            failures += 1
            if failures >= Self.patience { missing = .port }
        case (_, false): attempts += 1
        case (.guest, _): break
        }
        return false
    }

    /// How often a guest that starts is looked at.
    package static let first = Duration.seconds(1)
    /// So many times, ten minutes; then it is one that never answers.
    package static let eager = 600
    package static let later = Duration.seconds(10)
    /// How often a guest that is ready is looked at.
    package static let whenReady = Duration.seconds(30)
    /// So many times in a row a guest that is ready may not answer.
    package static let patience = 3
}
