import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// Files from the network, by curl.
package struct Downloader: Sendable {
    private let curl = Tool("curl", from: "curl")
    /// "=https", or with plain HTTP for a server of one's own.
    private let protocols: String

    package init(allowsPlainHTTP: Bool = false) { protocols = allowsPlainHTTP ? "=http,https" : "=https" }

    private var common: [String] {
        [
            "--fail", "--location", "--silent", "--show-error", "--proto", protocols, "--retry", "3", "--connect-timeout", "20",
            // A server that sends nothing for a minute is gone.
            "--speed-limit", "1", "--speed-time", "60",
        ]
    }

    /// A small text.
    /// - Throws: `unavailable`.
    func text(_ url: String) async throws(OperationError) -> String {
        do {
            return try await curl.run(common + ["--", url])
        } catch  where error.exit == .software {
            throw unavailable(url, error)
        }
    }

    /// Fetches a file, or the rest of it when a part is there.
    /// - Throws: `unavailable`, `cantCreate`.
    func fetch(_ url: String, to path: FilePath, size: Int, progress: StepProgress) async throws(OperationError) {
        let watch = Task {
            while !Task.isCancelled {
                progress.note("\(Self.length(path) / 1_000_000) of \(size / 1_000_000) MB")
                try? await Task.sleep(for: .milliseconds(300))
            }
        }
        defer { watch.cancel() }
        let present = Self.length(path)
        if present == size { return }
        if present > size { try? FileManager.default.removeItem(atPath: path.string) }
        do {
            try await curl.run(common + ["--continue-at", "-", "--output", path.string, "--", url])
        } catch  where error.exit == .software && error.cause.contains("curl: (33)") {
            // A server that cannot send a part: from the start.
            try? FileManager.default.removeItem(atPath: path.string)
            do {
                try await curl.run(common + ["--output", path.string, "--", url])
            } catch  where error.exit == .software {
                throw unavailable(url, error)
            }
        } catch  where error.exit == .software {
            throw unavailable(url, error)
        }
    }

    static func length(_ path: FilePath) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path.string)
        return attributes?[.size] as? Int ?? 0
    }

    private func unavailable(_ url: String, _ error: OperationError) -> OperationError {
        OperationError(
            "download", url, cause: error.cause,
            remedy: "try again: what arrived is kept; or fetch it elsewhere and give it with --opencore, --lilu, --virtualsmc",
            exit: .unavailable)
    }
}
