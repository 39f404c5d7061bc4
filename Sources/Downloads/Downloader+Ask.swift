package import Diagnostics
package import Foundation
import HostSupport
package import SystemPackage

/// What a server said to a question.
package struct Answer: Equatable, Sendable {
    /// Names in lower case, in order.
    package var headers: [(name: String, value: String)]
    package var body: String

    package static func == (a: Answer, b: Answer) -> Bool { a.body == b.body && a.headers.elementsEqual(b.headers, by: ==) }

    package init(headers: [(name: String, value: String)], body: String) { (self.headers, self.body) = (headers, body) }

    /// The text of `curl --include`: lines of headers, an empty line, the body.
    init(_ text: String) {
        let normal = text.replacingOccurrences(of: "\r\n", with: "\n")
        let parts = normal.range(of: "\n\n").map { (normal[..<$0.lowerBound], normal[$0.upperBound...]) } ?? (normal[...], "")
        headers = parts.0.split(separator: "\n").dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        body = String(parts.1)
    }

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

extension Downloader {
    /// Asks a server a question, and reads what it answers with its headers. Redirects are not followed.
    ///
    /// Headers and body are passed on standard input: they can contain secrets.
    /// - Parameter body: of a POST; a GET without one.
    /// - Throws: `unavailable`.
    package func ask(_ url: String, headers: [String] = [], body: String? = nil) async throws(OperationError) -> Answer {
        var configuration = headers.map { "header = \(Self.quoted($0))\n" }.joined()
        if let body { configuration += "data-binary = \(Self.quoted(body))\n" }
        let path = Self.temporary
        return try await Draft.with(in: path) { (draft) throws(OperationError) in
            let answer = draft.path("answer")
            try await repeating(url) { () throws(OperationError) in
                let file = try PartialFile(answer, at: 0)
                try file.setSize(0)
                let words =
                    connection.arguments.filter { $0 != "--location" } + [
                        "--include", "--suppress-connect-headers", "--max-filesize", String(1 << 20), "--config", "-", "--write-out",
                        Connection.statusFormat, "--", url,
                    ]
                let (code, said) = try await Connection.tool.write(
                    words, input: configuration, to: FileDescriptor(rawValue: file.descriptor))
                let status = Connection.status(said)
                if code == 0 { return (status < 400 ? nil : .status(status), true) }
                return (TransferProblem(code: code, status: status, said: Connection.reason(said)), false)
            }
            return Answer(String(decoding: try InputFile.read(answer, limit: 2 << 20), as: UTF8.self))
        }
    }

    /// A value in a configuration file of curl(1).
    private static func quoted(_ text: String) -> String {
        let escapes = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\r", with: "\\r").replacingOccurrences(of: "\n", with: "\\n")
        return "\"\(escapes)\""
    }

    /// A file that changes on the server: fetched unless the copy in `directory` is what the server still has, by its ETag.
    /// - Parameter limit: in bytes.
    /// - Throws: `unavailable`, `cantCreate`.
    package func current(_ url: String, in directory: FilePath, limit: Int) async throws(OperationError) -> Data {
        try DraftFile.makeDirectory(directory)
        let copy = directory.appending(Data(url.utf8).sha256)
        let tag = FilePath(copy.string + ".etag")
        return try await FileLock.holding(FilePath(copy.string + ".lock")) { () throws(OperationError) in
            try await Draft.with(in: directory) { (draft) throws(OperationError) in
                let hasCopy = FileManager.default.fileExists(atPath: copy.string)
                try await repeating(url) { () throws(OperationError) in
                    let said = try PartialFile(draft.path("said"), at: 0)
                    var words = connection.arguments + ["--max-filesize", String(limit), "--output", draft.path("body").string]
                    words += ["--etag-save", draft.path("etag").string, "--write-out", Connection.statusFormat]
                    if hasCopy { words += ["--etag-compare", tag.string] }
                    let (code, complaint) = try await Connection.tool.write(
                        words + ["--", url], to: FileDescriptor(rawValue: said.descriptor))
                    if code == 0 { return (nil, true) }
                    return (TransferProblem(code: code, status: Connection.status(complaint), said: Connection.reason(complaint)), false)
                }
                // 304 Not Modified has no body. The body comes first: a tag must never stand for another one's body.
                if FileManager.default.fileExists(atPath: draft.path("body").string) {
                    try? FileManager.default.removeItem(atPath: tag.string)
                    try draft.publish("body", as: copy)
                    if FileManager.default.fileExists(atPath: draft.path("etag").string) { try draft.publish("etag", as: tag) }
                }
                return try InputFile.read(copy, limit: limit)
            }
        }
    }
}
