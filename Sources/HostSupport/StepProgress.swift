package import Diagnostics
import Foundation
import Glibc
import Synchronization
package import SystemPackage

/// Progress on standard error: numbered steps, and on a terminal how far a long step is.
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

    /// Runs one step between `[3/9] fetch packages ... ` and `ok 1.2 s`. `result` replaces the word ok.
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

    /// Shows on a terminal how far the current step is: "12 of 48 MB".
    package func note(_ text: String) {
        guard terminal else { return }
        write("\r\u{1B}[K" + state.withLock { $0.shown } + text)
    }

    /// Shows on a terminal the size of a growing file, while `work` runs.
    package func showing<R>(
        sizeOf path: FilePath, of total: Int? = nil, _ work: () async throws(OperationError) -> R
    ) async throws(OperationError) -> R {
        let watch = Task {
            while !Task.isCancelled {
                let size = (try? FileManager.default.attributesOfItem(atPath: path.string))?[.size] as? Int ?? 0
                note(total.map { "\(size / 1_000_000) of \($0 / 1_000_000) MB" } ?? "\(size / 1_000_000) MB")
                try? await Task.sleep(for: .milliseconds(300))
            }
        }
        defer { watch.cancel() }
        return try await work()
    }

    package func say(_ text: String) { write(text + "\n") }

    private func write(_ text: String) {
        guard !quiet, !text.isEmpty else { return }
        // Work goes on when standard error is closed.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static func seconds(since start: ContinuousClock.Instant) -> String {
        let tenths = (ContinuousClock.now - start) / .milliseconds(100)
        return "\((tenths).rounded() / 10) s"
    }
}
