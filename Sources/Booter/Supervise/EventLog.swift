import Diagnostics
import Glibc
import QMP

/// What has happened to a supervised guest: shown on standard error as it happens, and kept for `boot status`.
struct EventLog {
    private(set) var entries: [(time: Int, text: String)] = []
    private static let limit = 64

    /// - Parameter text: one line; may quote other programs.
    mutating func add(_ text: String) {
        let text = text.printable
        Console.error("boot: " + text + "\n")
        entries.append((time(nil), text))
        if entries.count > Self.limit { entries.removeFirst() }
    }

    /// The last lines that somebody said, as entries of their own.
    mutating func add(_ title: String, lastLinesOf bytes: [UInt8], count: Int) {
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).suffix(count)
        guard !lines.isEmpty else { return }
        add(title + ":")
        for line in lines { add("  " + line.prefix(200)) }
    }

    var json: QMP.JSONValue { .array(entries.map { .object([.init("time", .integer($0.time)), .init("text", .string($0.text))]) }) }
}
