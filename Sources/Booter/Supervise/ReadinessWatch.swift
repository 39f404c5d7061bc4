import Lifecycle
import NetworkValues
import SystemPackage

/// Carries out the checks of `Readiness`.
struct ReadinessWatch: ~Copyable {
    private(set) var readiness: Readiness
    /// Since when the guest is ready, or is not.
    private(set) var since = ContinuousClock.now
    private let port: UInt16
    private let leases: String
    private let mac: String
    private var next: ContinuousClock.Instant?
    private var connecting: PortCheck?
    /// The lease that the guest had before it started: a lease of its own has another expiry.
    private var before: DHCPLease?

    /// - Parameters:
    ///   - port: 0 for none.
    ///   - leases: the lease file of dnsmasq.
    init(port: UInt16, leases: String, mac: String) {
        (self.port, self.leases, self.mac) = (port, leases, mac)
        readiness = Readiness(hasPort: port > 0)
    }

    /// For poll(2), until it is writable.
    var rawValue: Int32? {
        switch connecting {
        case .some(let connecting): connecting.rawValue
        case .none: nil
        }
    }

    /// When `turn` has something to do.
    var deadline: ContinuousClock.Instant? {
        switch connecting {
        case .some(let connecting): connecting.deadline
        case .none: next
        }
    }

    /// The guest's lease; nil when it has none since it started.
    var lease: DHCPLease? {
        let lease = DHCPLease.read(leases, of: mac)
        return lease == before ? nil : lease
    }

    mutating func begin() {
        before = DHCPLease.read(leases, of: mac)
        change { $0.begin() }
        connecting = nil
        next = .now + readiness.pause
    }

    mutating func end() {
        change { $0.end() }
        connecting = nil
        next = nil
    }

    /// Does what is due.
    /// - Parameter ready: what poll(2) found.
    /// - Returns: whether the guest has just become ready, or is not any more.
    mutating func turn(_ ready: [Int32], now: ContinuousClock.Instant = .now) -> Bool {
        let wasReady = readiness.missing == nil
        if let rawValue {
            let isAnswered = ready.contains(rawValue)
            guard isAnswered || deadline.map({ $0 <= now }) ?? false else { return false }
            let isMet = isAnswered && answer
            connecting = nil
            saw(.port, isMet, now)
        } else if let next, next <= now {
            look(now)
        }
        return wasReady != (readiness.missing == nil)
    }

    private var answer: Bool {
        switch connecting {
        case .some(let connecting): connecting.isMet()
        case .none: false
        }
    }

    private mutating func look(_ now: ContinuousClock.Instant) {
        next = nil
        switch readiness.check {
        case .lease: saw(.lease, lease != nil, now)
        case .port: connect(now)
        case .guest, nil: break
        }
    }

    private mutating func connect(_ now: ContinuousClock.Instant) {
        // The address of a lease that was seen; it expires no earlier than the guest.
        guard let address = DHCPLease.read(leases, of: mac).flatMap({ IPv4Address($0.address) }) else { return saw(.port, false, now) }
        do {
            connecting = try PortCheck(address, port: port)
        } catch {
            saw(.port, false, now)
        }
    }

    private mutating func saw(_ condition: Readiness.Condition, _ isMet: Bool, _ now: ContinuousClock.Instant) {
        var isUrgent = false
        change { isUrgent = $0.saw(condition, isMet: isMet) }
        next = readiness.check == nil ? nil : now + (isUrgent ? .zero : readiness.pause)
    }

    private mutating func change(_ body: (inout Readiness) -> Void) {
        let before = readiness.missing == nil
        body(&readiness)
        if before != (readiness.missing == nil) { since = .now }
    }
}
