import Diagnostics
import Glibc
package import HostSupport
import SystemPackage

/// How this program speaks to servers: the options of curl that every request has.
///
/// Proxies are curl's business: https_proxy, ALL_PROXY, no_proxy and ~/.curlrc.
package struct Connection: Equatable, Sendable {
    package static let tool = Tool("curl", from: "curl")

    /// "=https", or with plain HTTP for a user's own server.
    var protocols: String
    /// Seconds without data, or nearly so, after which a connection counts as broken. A machine that slept finds its
    /// connections in this state.
    var stall: Int
    /// The pause before the first repetition, in milliseconds; it doubles each time, up to 30 seconds.
    var pause: Int

    package init(allowsPlainHTTP: Bool = false, stall: Int = 30, pause: Int = 1000) {
        protocols = allowsPlainHTTP ? "=http,https" : "=https"
        (self.stall, self.pause) = (stall, pause)
    }

    var arguments: [String] {
        [
            "--fail", "--location", "--max-redirs", "5", "--silent", "--show-error", "--proto", protocols, "--proto-redir", protocols,
            "--connect-timeout", "20", "--speed-limit", "100", "--speed-time", String(stall),
        ]
    }

    /// A configuration for curl's standard input: secrets do not belong on a command line, which everybody can read.
    func configuration(cookie: String?) -> String {
        cookie.map { "header = \"Cookie: \($0.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline })\"\n" } ?? ""
    }

    /// Asks for a range of a file, and has the answer written from the position of `descriptor` on.
    /// - Parameter range: nil for the whole file.
    /// - Returns: nil when everything arrived.
    /// - Throws: `osFile`, `software`, `interrupted`.
    func transfer(
        _ download: Download, _ range: Range<Int>?, to descriptor: CInt, of path: FilePath
    ) async throws(OperationError) -> TransferProblem? {
        let limit = range?.count ?? download.size
        var words = arguments + ["--config", "-", "--max-filesize", String(limit), "--write-out", Self.statusFormat]
        if let range { words += ["--range", "\(range.lowerBound)-\(range.upperBound - 1)"] }
        let (code, said) = try await Self.tool.write(
            words + ["--", download.url], input: configuration(cookie: download.cookie), to: FileDescriptor(rawValue: descriptor))
        let status = Self.status(said)
        if let range, status == 200, range != 0..<download.size { return .rangesIgnored }
        if code == 0 { return nil }
        if code == 23, FreeSpace.isUsedUp(path) { return .diskFull }
        return TransferProblem(code: code, status: status, said: Self.reason(said))
    }

    private static let mark = "macos-virt-status"
    /// Has curl print the status of the answer on standard error.
    static let statusFormat = "%{stderr}\n\(mark) %{http_code}\n"

    static func status(_ said: String) -> Int {
        let line = said.split(whereSeparator: \.isNewline).last { $0.hasPrefix(mark) }
        return line.flatMap { Int($0.dropFirst(mark.count + 1)) } ?? 0
    }

    /// curl's last error; its warnings about retries say the same before.
    static func reason(_ output: String) -> String {
        let lines = output.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
        return lines.last { $0.hasPrefix("curl: (") }?.printable ?? output.printable
    }
}
