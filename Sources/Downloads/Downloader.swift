package import Diagnostics
import Foundation
package import HostSupport
package import SystemPackage

/// Fetches files from the network with curl.
package struct Downloader: Sendable {
    package static let tool = Tool("curl", from: "curl")
    /// "=https", or with plain HTTP for a user's own server.
    private let protocols: String
    /// Bytes of an answer that `text` reads.
    private static let textLimit = 16 << 20

    package init(allowsPlainHTTP: Bool = false) { protocols = allowsPlainHTTP ? "=http,https" : "=https" }

    private var common: [String] {
        [
            "--fail", "--location", "--silent", "--show-error", "--proto", protocols, "--retry", "3", "--connect-timeout", "20",
            // Gives up on a server that sends nothing for a minute.
            "--speed-limit", "1", "--speed-time", "60",
        ]
    }

    /// A small text.
    /// - Throws: `unavailable`.
    package func text(_ url: String) async throws(OperationError) -> String {
        do {
            return try await Self.tool.run(common + ["--max-filesize", String(Self.textLimit), "--", url])
        } catch  where error.exit == .software {
            throw unavailable(url, error)
        }
    }

    /// Fetches a file, or the rest of it when a part exists.
    /// - Parameter size: of the whole file, in bytes.
    /// - Throws: `unavailable`, `cantCreate`.
    package func fetch(_ url: String, to path: FilePath, size: Int, progress: StepProgress) async throws(OperationError) {
        let present = Self.length(path)
        if present == size { return }
        if present > size { try? FileManager.default.removeItem(atPath: path.string) }
        // A server can send more than it announced.
        let limit = ["--max-filesize", String(size)]
        try await progress.showing(sizeOf: path, of: size) { () throws(OperationError) in
            try await run(url, path, limit)
        }
    }

    private func run(_ url: String, _ path: FilePath, _ limit: [String]) async throws(OperationError) {
        do {
            try await Self.tool.run(common + limit + ["--continue-at", "-", "--output", path.string, "--", url])
        } catch  where error.exit == .software && error.cause.contains("curl: (33)") {
            // The server does not support ranges: start again.
            try? FileManager.default.removeItem(atPath: path.string)
            do {
                try await Self.tool.run(common + limit + ["--output", path.string, "--", url])
            } catch  where error.exit == .software {
                throw unavailable(url, error)
            }
        } catch  where error.exit == .software {
            throw unavailable(url, error)
        }
    }

    private static func length(_ path: FilePath) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path.string)
        return attributes?[.size] as? Int ?? 0
    }

    private func unavailable(_ url: String, _ error: OperationError) -> OperationError {
        OperationError(
            "download", url, cause: Self.reason(error.cause), remedy: "try again: the part that arrived is kept", exit: .unavailable)
    }

    /// curl's last error; its warnings about retries say the same before.
    static func reason(_ output: String) -> String {
        let lines = output.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
        return lines.last { $0.hasPrefix("curl: (") }.map(String.init) ?? output
    }
}
