import Foundation
import Glibc
import LinuxSupport
import Synchronization
import SystemPackage
import Testing

/// Real children; what they are is asked of the kernel by themselves.
struct SpawnTests {
    private func shell(_ script: String, _ change: (inout Spawn) -> Void = { _ in }) throws -> (status: WaitStatus, words: String) {
        var spawn = Spawn("/bin/sh", ["-c", "exec 1>&2\n" + script])
        change(&spawn)
        let result = try spawn.run()
        return (result.status, result.errors)
    }

    @Test func endings() throws {
        #expect(try shell("exit 7").status == .exited(7))
        #expect(try shell("kill -SEGV $$").status == .signalled(SIGSEGV))
        #expect(WaitStatus.exited(7).shellCode == 7 && WaitStatus.signalled(9).shellCode == 137)
        // Core dumped, bit 7.
        #expect(WaitStatus(0x8b) == .signalled(SIGSEGV) && WaitStatus(0xff00) == .exited(255))
    }

    @Test(arguments: [
        ("/nonexistent", Errno.noSuchFileOrDirectory), ("/etc", .permissionDenied), ("/etc/passwd", .permissionDenied),
    ])
    func whyItDidNotStart(path: String, error: Errno) {
        #expect(throws: error) { try Spawn(path, []).run() }
    }

    @Test func whatItGets() throws {
        let opened = try OwnedDescriptor(opening: "/etc/passwd", .readOnly)
        // dash gives itself a descriptor for a script, not for -c.
        let words = try shell("echo $0 $1 $HOME; env | sort; ls /proc/self/fd | wc -w; grep -E '^Sig(Blk|Ign)' /proc/self/status") {
            $0.arguments += ["x", "y z"]
            $0.environment = ["HOME=/h", "PATH=/usr/bin:/bin"]
        }.words
        let lines = words.split(separator: "\n").map(String.init)
        #expect(lines.first == "x y z /h")
        #expect(lines.contains("HOME=/h") && !words.contains("SWIFT"))
        // 0, 1, 2 and the directory that ls reads.
        #expect(lines.contains("4"), "\(words)")
        #expect(lines.filter { $0.hasPrefix("Sig") }.allSatisfy { $0.hasSuffix("\t0000000000000000") }, "\(words)")
        _ = consume opened
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func nobody() throws {
        let words = try shell("id -u; id -g; id -G; grep -E '^(CapPrm|NoNewPrivs)' /proc/self/status") { $0.isNobody = true }.words
        #expect(words == "65534\n65534\n65534\nCapPrm:\t0000000000000000\nNoNewPrivs:\t1\n")
    }

    /// Root needs no user namespace for it; other users need one that the kernel permits.
    @Test(.enabled(if: mayMount, "the kernel permits no mount namespace")) func aHiddenDirectory() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "hidden-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Data().write(to: URL(filePath: directory + "/plug-in"))
        #expect(try shell("ls \(directory)") { $0.hiddenDirectory = directory }.words == "")
        #expect(try shell("ls \(directory)").words == "plug-in\n", "only for the child")
        #expect(try shell("echo it runs") { $0.hiddenDirectory = "/nonexistent" }.words == "it runs\n")
    }

    private static var mayMount: Bool {
        let flags = geteuid() == 0 ? ["--mount"] : ["--map-root-user", "--mount"]
        return (try? Spawn("/usr/bin/unshare", flags + ["true"]).run().status) == .exited(0)
    }

    @Test func aGroupOfItsOwn() throws {
        #expect(try shell("[ $(ps -o pgid= -p $$) = $$ ]") { $0.hasOwnGroup = true }.status == .exited(0))
        #expect(try shell("[ $(ps -o pgid= -p $$) = $$ ]").status == .exited(1))
    }

    @Test func itsEndIsSeenAndForced() throws {
        let null = try OwnedDescriptor(opening: "/dev/null", .readWrite)
        let spawn = Spawn("/bin/sleep", ["60"])
        var child = try spawn.start(input: null.rawValue, output: null.rawValue, error: null.rawValue)
        #expect(child.wait(until: .now + .milliseconds(50)) == nil)
        let handle = try ProcessHandle(child.identifier)
        try handle.send(SIGTERM)
        #expect(child.wait(until: .now + .seconds(20)) == .signalled(SIGTERM))
        #expect(throws: Errno.noSuchProcess) { try handle.send(SIGTERM) }

        let forgotten = try spawn.start(input: null.rawValue, output: null.rawValue, error: null.rawValue).identifier
        #expect(kill(forgotten, 0) == -1 && errno == ESRCH)
    }

    /// One that says nothing and does not end, one that holds standard error no more, and one whose child holds it.
    @Test(arguments: ["exec sleep 60", "exec sleep 60 2>&-", "sleep 5 & exit 0"])
    func aLimit(script: String) throws {
        let began = ContinuousClock.now
        #expect(throws: Errno.timedOut) { try Spawn("/bin/sh", ["-c", script]).run(within: .milliseconds(100)) }
        #expect(ContinuousClock.now - began < .seconds(50))
    }

    /// The thread that started it is its parent to the kernel.
    @Test(arguments: [false, true]) func theParentsEnd(isNobody: Bool) throws {
        let null = try OwnedDescriptor(opening: "/dev/null", .readWrite)
        var spawn = Spawn("/bin/sleep", ["60"])
        (spawn.endsWithParent, spawn.isNobody) = (true, isNobody)
        let (raw, start) = (null.rawValue, spawn)
        let started = DispatchSemaphore(value: 0)
        let children = Mutex<ChildProcess?>(nil)
        // The thread ends, and not the child's owner.
        let thread = Thread {
            children.withLock { $0 = try? start.start(input: raw, output: raw, error: raw) }
            started.signal()
        }
        thread.start()
        started.wait()
        let status = children.withLock { child in child?.wait(until: .now + .seconds(20)) }
        #expect(status == .signalled(SIGKILL))
    }
}
