import LinuxSupport

/// One line of /proc/self/mountinfo: man 5 proc_pid_mountinfo.
struct MountInfo: Equatable, Sendable {
    /// "8:1"; "0:xx" where the file system has no single device: btrfs, tmpfs, proc.
    var device: String
    /// The directory of the file system that is mounted: not "/" for a bind mount and in a cgroup namespace.
    var root: String
    var mountPoint: String
    var fileSystem: String
    var source: String
    /// Options of the file system itself: the controllers of a cgroup hierarchy are among them.
    var superOptions: [String]

    /// Lines that are none are left out.
    static func parse(_ text: String) -> [MountInfo] { text.lines.compactMap { MountInfo(line: $0) } }

    private init?(line: Substring) {
        let fields = line.fields
        // The number of optional fields varies; a dash ends them.
        guard fields.count >= 9, fields[2].utf8.contains(UInt8(ascii: ":")), let dash = fields.dropFirst(6).firstIndex(of: "-"),
            fields.count > dash + 2
        else { return nil }
        device = String(fields[2])
        root = Self.unescaped(fields[3])
        mountPoint = Self.unescaped(fields[4])
        fileSystem = String(fields[dash + 1])
        source = Self.unescaped(fields[dash + 2])
        superOptions =
            fields.count > dash + 3 ? fields[dash + 3].utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) } : []
    }

    /// Blanks, tabs, newlines and backslashes in paths are written as three octal digits: `\040`.
    static func unescaped(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
        var result: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.first {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "\\"), rest.count >= 3, let escaped = UInt8(Substring(rest.prefix(3)), radix: 8) {
                result.append(escaped)
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
