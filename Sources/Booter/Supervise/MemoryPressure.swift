import Glibc
import LinuxSupport
import QMP
import SystemPackage

/// The kernel's notice that tasks wait for memory, which comes before it kills one for it.
struct MemoryPressure: ~Copyable {
    let path: String
    private var trigger: OwnedDescriptor?
    private var lastReport: ContinuousClock.Instant?
    /// Why there is no notice.
    private(set) var problem: String?

    /// A notice at most once a second, when tasks waited a fifth of it. Whoever lacks CAP_SYS_RESOURCE may ask for windows of two seconds.
    private static let triggers = ["some 200000 1000000", "some 400000 2000000"]
    /// People need not be told more often.
    private static let interval = Duration.seconds(60)

    init(_ path: String) {
        self.path = path
        for words in Self.triggers {
            do throws(Errno) {
                trigger = try Self.open(path, words)
                problem = nil
                return
            } catch {
                problem = error == .noSuchFileOrDirectory ? "this kernel has no \(path)" : "\(path): \(error.description)"
            }
        }
    }

    private static func open(_ path: String, _ words: String) throws(Errno) -> OwnedDescriptor {
        let file = try OwnedDescriptor(opening: FilePath(path), .readWrite, options: .nonBlocking)
        // The kernel reads a string, with its zero.
        let bytes = Array(words.utf8) + [0]
        guard write(file.rawValue, bytes, bytes.count) == bytes.count else { throw Errno(rawValue: errno) }
        return file
    }

    /// For poll(2), which reports POLLPRI.
    var rawValue: Int32? {
        switch trigger {
        case .some(let trigger): trigger.rawValue
        case .none: nil
        }
    }

    /// - Parameter ready: what poll(2) found.
    /// - Returns: a line for people; nil when there is nothing new to tell.
    mutating func notice(_ ready: [Int32]) -> String? {
        guard let rawValue, ready.contains(rawValue) else { return nil }
        guard let figures else {
            // The cgroup is gone; its descriptor would be ready for ever.
            trigger = nil
            return nil
        }
        let now = ContinuousClock.now
        if let lastReport, now - lastReport < Self.interval { return nil }
        lastReport = now
        let memory = MemInfo(parsing: (try? FileRoot.live.text("/proc/meminfo")) ?? "")
        return "memory is short: tasks waited for it \(figures.some / 100) % of the last 10 s, all of them \(figures.full / 100) %"
            + (memory.map { ", \($0.available >> 20) MiB are available" } ?? "") + "; give this machine more memory, or lower guest.memory"
    }

    var figures: Pressure? { Pressure(.live, path) }

    var json: QMP.JSONValue {
        guard let figures else { return .null }
        return .object([.init("some10", .decimal(Double(figures.some) / 100)), .init("full10", .decimal(Double(figures.full) / 100))])
    }
}
