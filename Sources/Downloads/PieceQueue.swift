import Synchronization

/// The pieces that several connections still have to fetch.
final class PieceQueue: Sendable {
    private struct State {
        /// Indices of pieces, ascending.
        var pending: [Int]
        /// How often a piece arrived and was wrong.
        var wrong: [Int: Int] = [:]
        var rangesAreIgnored = false
    }

    /// How often a piece may arrive wrong: a piece that stays wrong is not a fault of the network.
    private static let attempts = 3
    /// Pieces that one request asks for, at most: few requests, and little to repeat when one fails.
    private static let longestRun = 8

    let list: PieceList
    private let connections: Int
    private let state: Mutex<State>

    init(_ list: PieceList, _ missing: [Int], connections: Int) {
        (self.list, self.connections) = (list, connections)
        state = Mutex(State(pending: missing))
    }

    /// Pieces that follow each other, for one request; nil when nothing is left.
    func next() -> Range<Int>? {
        state.withLock { state in
            guard let first = state.pending.first else { return nil }
            let limit = min(max(state.pending.count / connections, 1), Self.longestRun)
            var count = 1
            while count < limit, count < state.pending.count, state.pending[count] == first + count { count += 1 }
            state.pending.removeFirst(count)
            return first..<first + count
        }
    }

    /// Checks the pieces of a request that ended at the byte `position`. The ones that are missing or wrong are fetched again.
    /// - Returns: the bytes of the right ones, and a piece that was wrong too often.
    func finish(_ run: Range<Int>, upTo position: Int, of file: CInt) -> (good: Int, hopeless: Int?) {
        let arrived = run.prefix { list.pieces[$0].end <= position }
        let wrong = arrived.filter { !PieceCheck.isRight(list.pieces[$0], file) }
        return state.withLock { state in
            for index in wrong { state.wrong[index, default: 0] += 1 }
            state.pending = (state.pending + wrong + run.dropFirst(arrived.count)).sorted()
            let good = arrived.filter { !wrong.contains($0) }.map { list.pieces[$0].size }.reduce(0, +)
            return (good, wrong.first { state.wrong[$0, default: 0] >= Self.attempts })
        }
    }

    /// Whether the server sends the whole file where a part was asked for.
    var rangesAreIgnored: Bool { state.withLock { $0.rangesAreIgnored } }

    func noteRangesAreIgnored() { state.withLock { $0.rangesAreIgnored = true } }
}
