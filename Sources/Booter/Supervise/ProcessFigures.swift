import Glibc
import LinuxSupport
import QMP

/// What a process has used, by /proc/PID/stat: proc_pid_stat(5).
struct ProcessFigures {
    let identifier: Int32
    /// Of all its threads.
    let processorSeconds: Int
    let residentMiB: Int

    init(_ identifier: Int32) {
        self.identifier = identifier
        let text = FileRoot.live.line("/proc/\(identifier)/stat") ?? ""
        // The name in parentheses may hold blanks.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ").map { Int($0) ?? 0 }
        // Numbers of the manual, less 2: utime 14, stime 15, rss 24.
        let ticks = fields.count > 22 ? fields[12].addingReportingOverflow(fields[13]).partialValue : 0
        processorSeconds = ticks / max(sysconf(Int32(_SC_CLK_TCK)), 1)
        residentMiB = fields.count > 22 ? fields[22].multipliedReportingOverflow(by: Int(getpagesize())).partialValue >> 20 : 0
    }

    var json: QMP.JSONValue {
        .object([
            .init("pid", .integer(Int(identifier))), .init("processorSeconds", .integer(processorSeconds)),
            .init("residentMiB", .integer(residentMiB)),
        ])
    }
}
