package import Diagnostics
import Foundation
import Glibc
import Synchronization

/// Progress for people on standard error: numbered steps, with a share of a long one where a terminal shows it.
package final class StepProgress: Sendable {
    private struct State {
        var number = 0
        var shown = ""
    }

    private let total: Int
    private let quiet: Bool
    private let terminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    package init(steps total: Int, quiet: Bool = false) {
        self.total = total
        self.quiet = quiet
    }

    /// Runs one step between `[3/9] fetch packages ... ` and `ok 1.2 s`. `result` tells what to show in place of ok.
    package func step<R>(
        _ title: String, result: (R) -> String = { _ in "ok" }, _ work: () async throws(OperationError) -> R
    ) async throws(OperationError) -> R {
        let head = state.withLock { state in
            state.number += 1
            return "[\(state.number)/\(max(total, state.number))] \(title) ... "
        }
        state.withLock { $0.shown = head }
        write(head)
        let start = ContinuousClock.now
        do {
            let value = try await work()
            write(terminal ? "\r\u{1B}[K\(head)" : "")
            write("\(result(value)) \(Self.seconds(since: start))\n")
            return value
        } catch {
            write("failed \(Self.seconds(since: start))\n")
            throw error
        }
    }

    /// How far the present step is, on a terminal: "12 of 48 MB".
    package func note(_ text: String) {
        guard terminal else { return }
        write("\r\u{1B}[K" + state.withLock { $0.shown } + text)
    }

    package func say(_ text: String) { write(text + "\n") }

    private func write(_ text: String) {
        guard !quiet, !text.isEmpty else { return }
        // A standard error that is gone is no reason to stop.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static func seconds(since start: ContinuousClock.Instant) -> String {
        let tenths = (ContinuousClock.now - start) / .milliseconds(100)
        return "\((tenths).rounded() / 10) s"
    }
}
