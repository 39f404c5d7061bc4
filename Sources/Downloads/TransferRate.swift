import HostSupport
import Synchronization

/// How far a download is, how fast it goes and how long it will take.
package final class TransferRate: Sendable {
    private struct State {
        /// What arrived, in bytes, by connection.
        var arrived: [Int: Int] = [:]
        var done: Int
        var samples: [(time: ContinuousClock.Instant, bytes: Int)] = []
    }

    /// Bytes.
    private let total: Int
    private let state: Mutex<State>
    /// The time that the rate is measured over.
    private static let window = Duration.seconds(10)

    /// - Parameter done: what was there before, in bytes.
    package init(total: Int, done: Int = 0) {
        self.total = total
        state = Mutex(State(done: done))
    }

    /// A connection's bytes count only as long as they are unfinished; then they are part of what is done, or lost.
    func set(_ bytes: Int, of connection: Int) { state.withLock { $0.arrived[connection] = bytes } }

    func finish(_ connection: Int, _ bytes: Int) {
        state.withLock {
            $0.arrived[connection] = nil
            $0.done += bytes
        }
    }

    /// "512 of 12345 MB, 34 MB/s, 6 min left"
    package func text(at now: ContinuousClock.Instant = .now) -> String {
        state.withLock { state in
            let bytes = min(state.done + state.arrived.values.reduce(0, +), total)
            state.samples.append((now, bytes))
            state.samples.removeAll { now - $0.time > Self.window }
            return Self.text(bytes, total, rate: Self.rate(state.samples))
        }
    }

    /// Bytes per second; nil before there is something to tell.
    private static func rate(_ samples: [(time: ContinuousClock.Instant, bytes: Int)]) -> Double? {
        guard let first = samples.first, let last = samples.last, last.bytes > first.bytes else { return nil }
        let seconds = (last.time - first.time) / .seconds(1)
        return seconds > 0.5 ? Double(last.bytes - first.bytes) / seconds : nil
    }

    static func text(_ bytes: Int, _ total: Int, rate: Double?) -> String {
        let head = "\(bytes / 1_000_000) of \(total / 1_000_000) MB"
        guard let rate else { return head }
        let tenths = (rate / 100_000).rounded() / 10
        let speed = tenths >= 10 ? String(Int(tenths)) : String(tenths)
        return head + ", \(speed) MB/s, \(time(Double(total - bytes) / rate)) left"
    }

    private static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(Int(seconds.rounded(.up))) s"
        case ..<5400: "\(Int((seconds / 60).rounded(.up))) min"
        case ..<360_000: "\((seconds / 360).rounded() / 10) h"
        default: "days"
        }
    }
}
