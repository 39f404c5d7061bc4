import Foundation
import Testing

@testable import Booter

extension InPrivateNetwork {
    /// The kernel's own notice that memory is short, in a cgroup that is made short of it.
    struct Pressure {
        private static let parent = "/sys/fs/cgroup"
        /// Whether this process can make a cgroup with a limit of memory.
        private static let isUsable =
            FileManager.default.fileExists(atPath: "/proc/pressure/memory")
            && ((try? String(contentsOfFile: parent + "/cgroup.subtree_control", encoding: .utf8)) ?? "").contains("memory")

        @Test(.enabled(if: isUsable, "needs PSI, and a version 2 cgroup with the memory controller"))
        func aNoticeOfThePressure() throws {
            let group = Self.parent + "/macos-virt-test-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
            defer { _ = try? Shell.run("rmdir \(group)") }
            try Shell.must("echo 24M >\(group)/memory.high")
            var pressure = MemoryPressure(group + "/memory.pressure")
            let number = pressure.rawValue
            let descriptor = try #require(number)
            var polled = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
            #expect(poll(&polled, 1, 1500) == 0, "nobody waits for memory yet")
            let eater = try Background(
                "sh -c 'echo $$ >\(group)/cgroup.procs; exec python3 -c \"x = [bytearray(1 << 20) for _ in range(200)]\"'")
            defer { eater.stop() }
            #expect(poll(&polled, 1, 20_000) == 1 && polled.revents & Int16(POLLPRI) != 0)
            let notice = pressure.notice([descriptor])
            let line = try #require(notice)
            #expect(line.hasPrefix("memory is short: tasks waited for it ") && line.contains(" MiB are available;"), "\(line)")
            // Once a minute is enough.
            let again = pressure.notice([descriptor])
            #expect(again == nil)
        }

        /// A guest's own supervisor says so where it gets no notice.
        @Test func whatIsNotThere() throws {
            let machine = try StandInGuest.make()
            // A kernel without PSI, as far as this process sees.
            let running = try Background(
                "unshare --mount sh -c 'mount -t tmpfs none /proc/pressure 2>/dev/null; exec \(World.boot) run --supervise \(machine.flags)'"
            )
            _ = try machine.seen()
            try running.expect("a lack of memory is not reported in advance: this kernel has no /proc/pressure/memory", within: 20)
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 30) == 81, "\(running.text)")
        }
    }
}
