import Lifecycle
import Testing

/// Whether a guest can be worked with: a lease, then a port.
struct ReadinessTests {
    @Test func aGuestThatComesUp() {
        var readiness = Readiness(hasPort: true)
        #expect(readiness.missing == .guest && readiness.check == nil)
        readiness.begin()
        #expect(readiness.missing == .lease && readiness.check == .lease && readiness.pause == Readiness.first)
        let none = readiness.saw(.lease, isMet: false)
        #expect(!none && readiness.missing == .lease)
        // The port is looked at as soon as there is a lease.
        let lease = readiness.saw(.lease, isMet: true)
        #expect(lease && readiness.missing == .port)
        let closed = readiness.saw(.port, isMet: false)
        #expect(!closed && readiness.missing == .port)
        let open = readiness.saw(.port, isMet: true)
        #expect(!open && readiness.missing == nil)
        #expect(readiness.check == .port && readiness.pause == Readiness.whenReady)
        readiness.begin()
        #expect(readiness.missing == .lease)
        readiness.end()
        #expect(readiness.missing == .guest && readiness.check == nil)
        // What was asked before the end tells nothing.
        let late = readiness.saw(.port, isMet: true)
        #expect(!late && readiness.missing == .guest)
    }

    @Test func withoutAPort() {
        var readiness = Readiness(hasPort: false)
        readiness.begin()
        let isUrgent = readiness.saw(.lease, isMet: true)
        #expect(!isUrgent && readiness.missing == nil && readiness.check == nil)
    }

    /// One packet that is lost does not make a guest unready; a port that stays silent does.
    @Test func aPortThatFallsSilent() {
        var readiness = Readiness(hasPort: true)
        readiness.begin()
        _ = readiness.saw(.lease, isMet: true)
        _ = readiness.saw(.port, isMet: true)
        for _ in 0..<5 {
            for _ in 1..<Readiness.patience {
                _ = readiness.saw(.port, isMet: false)
                #expect(readiness.missing == nil && readiness.pause == Readiness.first)
            }
            _ = readiness.saw(.port, isMet: true)
            #expect(readiness.pause == Readiness.whenReady)
        }
        for _ in 0..<Readiness.patience { _ = readiness.saw(.port, isMet: false) }
        #expect(readiness.missing == .port)
        _ = readiness.saw(.port, isMet: true)
        #expect(readiness.missing == nil)
    }

    /// Never more than once a second, and seldom for a guest that never answers.
    @Test func howOftenItIsLookedAt() {
        var readiness = Readiness(hasPort: true)
        readiness.begin()
        for _ in 0..<Readiness.eager {
            #expect(readiness.pause == Readiness.first)
            _ = readiness.saw(.lease, isMet: false)
        }
        #expect(readiness.pause == Readiness.later)
        _ = readiness.saw(.lease, isMet: true)
        #expect(readiness.pause == Readiness.first)
        #expect(min(Readiness.first, Readiness.later, Readiness.whenReady) >= .seconds(1))
    }
}
