import Diagnostics
import Foundation
import Glibc
import LinuxSupport
import Testing

@testable import Booter

/// Steps that touch nothing but files.
struct ApplierTests {
    private let machine: ScratchMachine
    private var base: String { machine.directory.path }
    private var run: String { base + "/run" }

    init() throws { machine = try ScratchMachine() }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func whatWasDoneIsUndone() throws {
        var applier = Applier(journal: try Journal.fresh(directory: run))
        try machine.write("template", to: "/template")
        try machine.write("secret\n", to: "/password")
        try machine.write(String(repeating: "k", count: 64), to: "/key")
        #expect(chmod(base + "/key", 0o600) == 0)
        try machine.write("#cloud-config\n", to: "/seed/user-data")
        for step in [
            Step.makeDirectory(path: run + "/a/b", mode: 0o755, owner: nil), .writeFile(path: run + "/a/b/file", text: "x", mode: 0o644),
            .copySecret(from: base + "/password", to: run + "/a/secret"),
            .copyKey(from: base + "/key", to: run + "/a/smc"), .makeSeed(from: base + "/seed", to: run + "/a/seed.iso"),
            .makeDirectory(path: base + "/a/b", mode: 0o750, owner: nil),
            .copyFile(from: base + "/template", to: base + "/nvram", owner: nil),
            .createNode(DeviceNode(path: "/dev/null", major: 1, minor: 3)), .expectSocket(path: base + "/a/socket"),
            .expectSocket(path: base + "/a/never"),
        ] {
            try applier.apply(step)
        }
        #expect(!exists(base + "/a/socket"))
        // What a QEMU that was killed leaves.
        #expect(mknod(base + "/a/socket", S_IFSOCK | 0o600, 0) == 0)
        #expect(exists(run + "/a/b/file") && exists(run + "/a/secret") && exists(run + "/a/smc") && exists(base + "/a/b"))
        #expect(try FileManager.default.attributesOfItem(atPath: run + "/a/seed.iso")[.posixPermissions] as? Int == 0o400)
        #expect(applier.unwind() == [])
        // The guest's own variables outlive the run.
        #expect(!exists(base + "/a") && !exists(run) && exists(base + "/nvram") && exists("/dev/null"))
    }

    /// What changed after the plan was made.
    @Test func aSeedThatIsNoneIsNamed() throws {
        var applier = Applier(journal: try Journal.fresh(directory: run))
        try machine.write("instance-id: a\n", to: "/seed/meta-data")
        let error = #expect(throws: OperationError.self) { try applier.apply(.makeSeed(from: base + "/seed", to: run + "/seed.iso")) }
        #expect(error?.exitCode == 65 && error?.cause == "it has no file user-data" && error?.object == base + "/seed")
        #expect(applier.unwind() == [] && !exists(run))
    }

    @Test func aStepThatFailsIsUndoneWithTheOthers() throws {
        var applier = Applier(journal: try Journal.fresh(directory: run))
        try applier.apply(.writeFile(path: run + "/one", text: "x", mode: 0o644))
        let error = #expect(throws: OperationError.self) { try applier.apply(.writeFile(path: run + "/none/two", text: "x", mode: 0o644)) }
        let final = applier.unwind(after: try #require(error))
        #expect(final == error && final.exitCode == 73)
        #expect(!exists(run + "/one") && !exists(run))
    }

    /// Nothing was made below a file, and so nothing is left behind there.
    @Test func aStepThatDidNothingLeavesNothing() throws {
        for step in [
            Step.writeFile(path: run + "/file/inside", text: "x", mode: 0o644),
            .makeDirectory(path: base + "/file/a/b", mode: 0o755, owner: nil),
        ] {
            try machine.write("x", to: "/file")
            var applier = Applier(journal: try Journal.fresh(directory: run))
            try machine.write("x", to: "/run/file")
            let error = #expect(throws: OperationError.self) { try applier.apply(step) }
            #expect(error?.cause == "Not a directory")
            #expect(applier.unwind() == [])
            #expect(exists(base + "/file") && exists(run + "/file"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: run) == ["file"])
            try FileManager.default.removeItem(atPath: run)
        }
    }

    /// A crash between the two must not leave what nobody knows of.
    @Test func theJournalComesFirst() throws {
        var applier = Applier(journal: try Journal.fresh(directory: run))
        try machine.write("x", to: "/file")
        for path in ["/a/b/file", "/file/c"] { try? applier.apply(.writeFile(path: run + path, text: "x", mode: 0o644)) }
        try? applier.apply(.makeDirectory(path: base + "/file/d/e", mode: 0o755, owner: nil))
        let entries = applier.journal.entries.suffix(4)
        #expect(
            entries == [
                .removeFile(run + "/a/b/file"), .removeFile(run + "/file/c"), .removeDirectory(base + "/file/d"),
                .removeDirectory(base + "/file/d/e"),
            ])
        #expect(applier.unwind() == [])
    }

    @Test func whatCannotBeUndoneIsNamedInTheError() throws {
        var applier = Applier(journal: try Journal.fresh(directory: run))
        try applier.apply(.writeFile(path: run + "/one", text: "x", mode: 0o644))
        try FileManager.default.removeItem(atPath: run + "/one")
        // In the file's place, what unlink(2) does not remove.
        try machine.write("", to: "/run/one/inside")
        let error = applier.unwind(after: OperationError("start", "dnsmasq", cause: "c", remedy: "r", exit: .osError))
        #expect(error.remedy?.hasPrefix("r\n  left behind: remove \(run)/one: ") == true, "\(error)")
        #expect(exists(run + "/journal"))
    }

    @Test func aLaterStageUndoesOnlyItsOwn() throws {
        do {
            var applier = Applier(journal: try Journal.fresh(directory: run))
            try applier.apply(.writeFile(path: run + "/first", text: "x", mode: 0o644))
        }
        let journal = try Journal.open(directory: run)
        let earlier = journal.entries.count
        var applier = Applier(journal: journal, keeping: earlier)
        try applier.apply(.writeFile(path: run + "/second", text: "x", mode: 0o644))
        #expect(applier.unwind() == [])
        #expect(exists(run + "/first") && !exists(run + "/second") && exists(run + "/journal"))
    }

    @Test(arguments: [
        ("/nonexistent/disk", "No such file or directory", Int32(66)), ("/dev/null", "it is not a block device", 66),
        ("/tmp", "Is a directory", 66),
    ])
    func aClaimNeedsADisk(path: String, cause: String, exit: Int32) {
        let error = #expect(throws: OperationError.self) { if case .none = try DiskClaim.take(path: path, size: 1) {} }
        #expect(error?.object == path && error?.cause == cause && error?.exitCode == exit)
    }

    @Test func undoingNothingIsContent() throws {
        try machine.write("", to: "/full/file")
        for undo in [
            Undo.removeFile(base + "/none"), .removeDirectory(base + "/none"), .removeDirectory(base + "/full"),
            .restoreSysctl(path: "net/ipv6/conf/no-such-link/accept_ra", value: "1"),
            .stopDnsmasq(binary: base + "/none", configuration: "/none"),
        ] {
            #expect(throws: Never.self, "\(undo)") { try undo.perform() }
        }
        #expect(exists(base + "/full/file"))
        #expect(throws: (any Error).self) { try Undo.removeFile(base + "/full").perform() }
        #expect(throws: (any Error).self) { try Undo.removeDirectory(base + "/full/file").perform() }
    }

    @Test func waitingAsksAtLeastOnce() {
        var asked = 0
        let never = Wait.forAll([
            .init(seconds: 0) {
                asked += 1
                return false
            }
        ])
        #expect(never == [false] && asked == 1)
        let third = Wait.forAll([
            .init(seconds: 10) {
                asked += 1
                return asked == 4
            }
        ])
        #expect(third == [true] && asked == 4)
    }

    /// Side by side, and no longer than the first refusal.
    @Test func waitingEndsWithTheFirstRefusal() {
        var asked = 0
        let other = Wait.Thing(seconds: 1000) {
            asked += 1
            return asked == 3
        }
        #expect(Wait.forAll([.init(seconds: 0) { false }, other]) == [false, true] && asked == 3)
        #expect(Wait.forAll([.init(seconds: 0, isRequired: true) { false }, other]) == [false, false] && asked == 4)
        #expect(Wait.forAll([]) == [])
    }
}

/// A shell in place of dnsmasq.
struct DnsmasqTests {
    @Test(arguments: [(1, "2.80"), (2, "the other DHCP or DNS server"), (3, "state.run"), (4, nil), (126, nil)] as [(Int32, String?)])
    func itsErrorsAreExplained(status: Int32, remedy: String?) throws {
        let machine = try ScratchMachine()
        let binary = try machine.script(
            "/dnsmasq", "#!/bin/sh\n[ \"$*\" = --conf-file=/c ] || exit 99\necho ' dnsmasq: no ' >&2\nexit \(status)\n")
        let error = #expect(throws: OperationError.self) { try Dnsmasq.start(binary: binary, configuration: "/c") }
        #expect(error?.cause == "it exited with \(status): dnsmasq: no" && error?.exitCode == 71)
        #expect(remedy.map { error?.remedy?.contains($0) == true } ?? (error?.remedy == nil))
    }

    @Test func startsQuietlyOrNotAtAll() throws {
        let machine = try ScratchMachine()
        try Dnsmasq.start(binary: try machine.script("/dnsmasq", "#!/bin/sh\nexit 0\n"), configuration: "/c")
        let error = #expect(throws: OperationError.self) { try Dnsmasq.start(binary: "/nonexistent", configuration: "/c") }
        #expect(error?.exitCode == 72)
    }

    /// A number in a file may be anybody's by now.
    @Test func onlyItsOwnProcessIsStopped() throws {
        let machine = try ScratchMachine()
        let pidFile = machine.directory.path + "/pid"
        for text in ["", "x", "-1", "0", "1", "99999999999", "\(getpid())\n"] {
            try machine.write(text, to: "/pid")
            #expect(Dnsmasq.process(pidFile: pidFile, binary: "/usr/sbin/dnsmasq", configuration: "/c") == nil, "'\(text)'")
            try Dnsmasq.stop(binary: "/usr/sbin/dnsmasq", configuration: "/c")
        }
    }

    @Test(arguments: ["SIG_DFL", "SIG_IGN"])
    func isStoppedAtTheLatestByForce(handling: String) throws {
        let machine = try ScratchMachine()
        let process = Process()
        // The test's threads block signals, and their children inherit it.
        let script = try machine.script(
            "/fake",
            """
            #!/usr/bin/python3
            import signal, time
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            signal.signal(signal.SIGTERM, signal.\(handling))
            print("ready", flush=True)
            time.sleep(60)
            """)
        process.executableURL = URL(fileURLWithPath: script)
        let output = Pipe()
        process.standardOutput = output
        process.arguments = ["--conf-file=" + machine.directory.path + "/c"]
        try process.run()
        #expect(output.fileHandleForReading.availableData.count > 0)
        try machine.write("\(process.processIdentifier)\n", to: "/pid")
        let (pidFile, configuration) = (machine.directory.path + "/pid", machine.directory.path + "/c")
        let python = try #require(FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") ? "/usr/bin/python3" : nil)
        #expect(Dnsmasq.process(pidFile: pidFile, binary: python, configuration: configuration) == process.processIdentifier)
        #expect(Dnsmasq.process(pidFile: pidFile, binary: python, configuration: configuration + "x") == nil)
        // Somebody else's program with the same words is not ours.
        #expect(Dnsmasq.process(pidFile: pidFile, binary: "/bin/sh", configuration: configuration) == nil)
        try Dnsmasq.stop(binary: "/bin/sh", configuration: configuration)
        #expect(process.isRunning)
        // Found without the file, as after a kill before it is written.
        try FileManager.default.removeItem(atPath: pidFile)
        try Dnsmasq.stop(binary: python, configuration: configuration)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == (handling == "SIG_DFL" ? 15 : 9))
    }
}
