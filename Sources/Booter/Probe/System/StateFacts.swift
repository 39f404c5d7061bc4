import BootSettings
import CLinux
import Glibc
import LinuxSupport

/// Whether the directory of state.nvram can keep what a guest leaves behind.
struct StateFacts: Codable, Equatable, Sendable {
    /// Why nothing can be written there, to follow its name: "is on a read-only file system". nil when it can.
    var problem: String?
    /// Bytes that are free there.
    var free: Int
    /// Whether there are UEFI variables of an earlier start.
    var hasVariables: Bool
    /// Whether the file system is in memory, so that this machine's next start finds nothing.
    var isInMemory: Bool
}

extension StateFacts {
    /// A directory that does not exist yet is judged by the one that it will be made in.
    init(of state: Configuration.State) {
        var directory = state.kept
        while !directory.isEmpty, access(directory, F_OK) != 0 {
            directory = directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? ""
        }
        if directory.isEmpty { directory = "/" }
        var system = statvfs()
        let isKnown = statvfs(directory, &system) == 0
        let bytes = UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize))
        let hasVariables = access(state.nvram, F_OK) == 0
        self.init(
            problem: Self.problem(directory, isKnown && hasVariables ? state.nvram : nil),
            free: isKnown ? Int(clamping: bytes.overflow ? .max : bytes.partialValue) : .max, hasVariables: hasVariables,
            isInMemory: mv_is_in_memory(directory) == 1)
    }

    private static func problem(_ directory: String, _ file: String?) -> String? {
        if FileStatus(.live, directory)?.isDirectory == false { return "cannot be made: \(directory) is no directory" }
        for path in [directory, file].compactMap({ $0 }) where access(path, W_OK) != 0 {
            return errno == EROFS ? "is on a read-only file system" : "cannot be written: \(String(cString: strerror(errno)))"
        }
        return nil
    }

    /// Why UEFI variables cannot be kept there.
    /// - Parameter size: of the variables, bytes.
    func problem(toKeep size: Int) -> String? {
        if let problem { return problem }
        guard !hasVariables, free < size.addingReportingOverflow(Self.spare).partialValue else { return nil }
        return "has \(free >> 10) KiB free, and they take \(size >> 10)"
    }

    /// For the directory entries, and for what else is kept.
    private static let spare = 16 << 10
}
