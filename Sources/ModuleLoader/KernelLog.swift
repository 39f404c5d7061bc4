import Glibc
import LinuxSupport
import SystemPackage

/// The kernel's messages since a moment: the only place where it gives its reason for refusing a module.
struct KernelLog: ~Copyable {
    private let file: OwnedDescriptor?

    /// Starts at the end of the log. Without permission, or without /dev/kmsg, there are no lines.
    init() {
        do throws(Errno) {
            let file = try OwnedDescriptor(opening: "/dev/kmsg", .readOnly, options: .nonBlocking)
            lseek(file.rawValue, 0, SEEK_END)
            self.file = consume file
        } catch {
            file = nil
        }
    }

    /// The messages since, oldest first, 16 at most.
    func newLines() -> [String] {
        switch file {
        case .none: []
        case .some(let file): Self.lines(from: file.descriptor)
        }
    }

    private static func lines(from descriptor: FileDescriptor) -> [String] {
        var lines: [String] = []
        // One read gives one record, of at most 8 KiB (PRINTK_MESSAGE_MAX in kernel/printk/printk.c is 2 KiB).
        var record = [UInt8](repeating: 0, count: 8192)
        while lines.count < 16 {
            guard let count = try? record.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 else { break }
            if let message = message(of: String(decoding: record[..<count], as: UTF8.self)) { lines.append(message) }
        }
        return lines
    }

    /// The text of a record: `priority,sequence,microseconds,flags;text`, then lines of properties.
    ///
    /// Documentation/ABI/testing/dev-kmsg
    static func message(of record: String) -> String? {
        guard let line = record.split(separator: "\n").first, let semicolon = line.firstIndex(of: ";") else { return nil }
        let text = String(line[line.index(after: semicolon)...])
        return text.isEmpty ? nil : "kernel: " + text
    }
}
