import CLinux
import Glibc

/// Progress on stderr: numbered steps, with the milliseconds that each takes.
///
/// The title is written, unbuffered, before the step begins, so that the serial console shows which step hangs.
struct Console {
    var quiet = false
    private var number = 0
    private var total = 0
    private let start = Console.now()

    init(quiet: Bool = false) { self.quiet = quiet }

    /// Sets the total, from the number of steps that are still to come.
    mutating func expect(_ remaining: Int) { total = number + remaining }

    /// Runs one step between `[3/9] load kvm_intel ... ` and `ok 12 ms`. `result` makes the words to show in place of ok.
    mutating func step<R, E: Error>(_ title: String, result: (R) -> String = { _ in "ok" }, _ work: () throws(E) -> R) throws(E) -> R {
        number += 1
        total = max(total, number)
        write("[\(number)/\(total)] \(title) ... ")
        let before = Console.now()
        do {
            let value = try work()
            write("\(result(value)) \(Console.milliseconds(since: before))\n")
            return value
        } catch {
            write("failed \(Console.milliseconds(since: before))\n")
            throw error
        }
    }

    /// Shows the step that does not return when it succeeds.
    mutating func lastStep(_ title: String) {
        number += 1
        total = max(total, number)
        write("[\(number)/\(total)] \(title)\n")
    }

    func warn(_ finding: Finding) {
        write("warning: \(finding.message)\n" + (finding.remedy.map { "  \($0)\n" } ?? ""))
    }

    func say(_ text: String) { write(text + "\n") }

    /// The time since this console was created: how long `boot` itself took.
    var elapsed: String { Console.milliseconds(since: start) }

    private func write(_ text: String) {
        guard !quiet else { return }
        Console.error(text)
    }

    /// Writes to stderr even when quiet, usually with one write(2).
    static func error(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                // A closed stderr cannot be reported anywhere.
                guard errno == EINTR else { return }
                continue
            }
            rest = rest.dropFirst(count)
        }
    }

    /// CLOCK_MONOTONIC in microseconds.
    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
    }

    private static func milliseconds(since start: Int) -> String {
        let tenths = (now() - start + 50) / 100
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : "\((tenths + 5) / 10) ms"
    }
}
