import Diagnostics
import Foundation
import LinuxSupport
import SystemPackage
import Testing

@testable import BootSettings
@testable import Booter

struct QemuAnswersTests {
    static let asked = MachineQuestions(Configuration()).qemuDevices

    /// Shortened from what QEMU 7.2 answers.
    static let lines = [
        #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}"#,
        #"{"return": {}}"#,
        #"{"return": [{"name": "pc-q35-7.2", "alias": "q35", "cpu-max": 288}, {"name": "pc-i440fx-7.2", "alias": "pc"}, {"name": "pc-q35-6.2"}], "id": "machines"}"#,
        #"{"return": [{"name": "virtio-blk-pci", "parent": "x"}, {"name": "vmxnet3"}, {"name": "never-used"}], "id": "devices"}"#,
        #"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESUME"}"#,
        #"{"return": [{"name": "Skylake-Client-v4", "typename": "x"}, {"name": "Haswell-noTSX"}], "id": "cpus"}"#,
        #"{"return": [{"option": "run-with", "parameters": [{"name": "user", "type": "string"}, {"name": "chroot"}]}, {"option": "iscsi", "parameters": []}], "id": "options"}"#,
        #"{"return": [{"name": "523", "meta-type": "enum", "values": ["threads", "native", "io_uring"]}], "id": "schema"}"#,
    ]

    @Test func keepsWhatAPlanNeeds() throws {
        var answers = QemuAnswers(asked: Self.asked)
        for (index, line) in Self.lines.enumerated() {
            #expect(!answers.isComplete, "before line \(index)")
            try answers.take(Array((line + "\n").utf8))
        }
        #expect(answers.isComplete)
        let facts = answers.facts(path: "/q")
        #expect(facts.version == [7, 2, 22] && facts.isAtLeast(7, 2) && !facts.isAtLeast(8, 0))
        #expect(facts.machines == ["pc-q35-6.2", "pc-q35-7.2", "q35"])
        #expect(facts.devices == ["virtio-blk-pci", "vmxnet3"])
        #expect(facts.cpuModels == ["Haswell-noTSX", "Skylake-Client-v4"])
        #expect(facts.options == ["run-with": ["chroot", "user"], "aio": ["native", "threads", "io_uring"]])
    }

    @Test func refusalIsKept() throws {
        var answers = QemuAnswers(asked: Self.asked)
        try answers.take(Array((#"{"id": "cpus", "error": {"class": "GenericError", "desc": "not today"}}"# + "\n").utf8))
        #expect(answers.refusal == "not today" && answers.cpuModels.isEmpty)
    }
}

/// Real child processes: shell scripts in place of QEMU, and the real one where it is installed.
struct QemuProbeTests {
    private func ask(_ body: String, within deadline: Duration = .seconds(10)) throws -> QemuFacts {
        let machine = try ScratchMachine()
        let query = QemuQuery(path: try machine.script("/qemu", body), devices: QemuAnswersTests.asked)
        return try onceExecutable { () throws(OperationError) in try query.ask(within: deadline) }
    }

    private func onceExecutable<Value>(_ body: () throws(OperationError) -> Value) throws -> Value {
        while true {
            let outcome = Result { () throws(OperationError) in try body() }
            guard case .failure(let error) = outcome, error.cause == Errno.textFileBusy.description else { return try outcome.get() }
            // Another test started a process while the script was open for writing: its child has it until it becomes a program.
            usleep(10_000)
        }
    }

    private static let answering = "#!/bin/sh\n" + QemuAnswersTests.lines.map { "echo '\($0)'\n" }.joined()

    @Test func answersAreRead() throws {
        #expect(try ask(Self.answering + "sleep 60\n").version == [7, 2, 22])
        // Ended right after the last answer, with half a line behind it.
        #expect(try ask(Self.answering + "printf '{'").machines.count == 3)
    }

    @Test func questionsArrive() throws {
        let count = QemuAnswers(asked: []).questions.split(separator: "\n").count
        let body =
            "#!/bin/sh\nfor i in \(String(repeating: "x ", count: count)); do read -r line; case \"$line\" in *execute*) ;; *) exit 9;; esac; done\n"
        #expect(try ask(body + QemuAnswersTests.lines.map { "echo '\($0)'\n" }.joined()).version == [7, 2, 22])
    }

    @Test(arguments: [
        ("#!/bin/sh\necho 'qemu: error while loading shared libraries: libfdt.so.1: cannot open' >&2\nexit 127\n", "a library is missing"),
        ("#!/bin/sh\necho 'invalid accelerator' >&2\nexit 1\n", "it exited with 1: invalid accelerator"),
        ("#!/bin/sh\nexec 1>&-\nkill -SEGV $$\n", "it crashed with signal 11"),
        ("#!/bin/sh\nkill -KILL $$\n", "it crashed with signal 9"),
        ("#!/bin/sh\nexit 0\n", "it exited with 0"),
        ("#!/no/such/loader\n", "its program loader (ld.so) is missing"),
        ("\u{7f}ELF is not a program\n", "it is not a program for this CPU"),
        ("#!/bin/sh\nprintf 'x\\033[2J\\n' >&2\nexit 3\n", "it exited with 3: x?[2J"),
        ("#!/bin/sh\nyes rubbish | head -c 300000\n", "it exited with 0"),
        ("#!/bin/sh\nyes complaint | head -c 300000 >&2\nexit 4\n", "it exited with 4: c"),
    ])
    func failureNamesItsStage(body: String, cause: String) {
        #expect {
            try ask(body)
        } throws: { error in
            guard let error = error as? OperationError else { return false }
            return error.operation == "ask QEMU" && error.cause.hasPrefix(cause) && error.exit == Diagnostics.ExitStatus.osFile
        }
    }

    @Test func silenceEnds() {
        let clock = ContinuousClock()
        let spent = clock.measure {
            #expect {
                try ask("#!/bin/sh\necho 'still thinking' >&2\nexec sleep 60\n", within: .milliseconds(300))
            } throws: {
                ($0 as? OperationError)?.cause == "no answer within 0 s: still thinking"
            }
        }
        #expect(spent < .seconds(5))
    }

    @Test func cacheIsForOneBinary() throws {
        let machine = try ScratchMachine(["/usr/bin/qemu": "12345678"])
        let root = machine.root
        var answers = QemuAnswers(asked: QemuAnswersTests.asked)
        for line in QemuAnswersTests.lines { try answers.take(Array((line + "\n").utf8)) }
        let facts = answers.facts(path: "/usr/bin/qemu")
        var status = try #require(FileStatus(root, "/usr/bin/qemu"))
        let cache = QemuCache(size: 8, modified: status.modified, facts: facts)
        try machine.write("", to: "/run/x")
        try cache.store(root, "/run/qemu.json")
        let loaded = try #require(QemuCache.load(root, "/run/qemu.json"))
        #expect(loaded == cache && root.list("/run") == ["qemu.json", "x"])
        #expect(loaded.describes("/usr/bin/qemu", status))
        #expect(!loaded.describes("/usr/bin/other", status))
        status.modified += 1
        #expect(!loaded.describes("/usr/bin/qemu", status))
        // An image's cache does not depend on times.
        #expect(QemuCache(size: 8, modified: nil, facts: facts).describes("/usr/bin/qemu", status))
        status.size = 9
        #expect(!QemuCache(size: 8, modified: nil, facts: facts).describes("/usr/bin/qemu", status))
    }

    /// A cache of an earlier version, or of other settings, does not know about a device that is new in the command line.
    @Test func aCacheAnswersOnlyWhatWasAsked() throws {
        let machine = try ScratchMachine(["/x": ""])
        let facts = QemuFacts(
            path: "/q", version: [7, 2], machines: [], devices: ["nvme"], asked: ["edu", "nvme"], cpuModels: [], options: [:])
        try QemuCache(size: 1, modified: nil, facts: facts).store(machine.root, "/cache.json")
        let cache = try #require(QemuCache.load(machine.root, "/cache.json"))
        #expect(cache.answers(["nvme", "edu"]) && cache.answers([]) && !cache.answers(["nvme", "new"]))
        let old = try #require(
            QemuCache(
                parsing:
                    #"{"size":1,"version":1,"facts":{"path":"/q","version":[7,2],"machines":[],"devices":["nvme"],"cpuModels":[],"options":{}}}"#
            ))
        #expect(old.answers(["nvme"]) && !old.answers(["edu"]))

        let qemu = try machine.script("/qemu", Self.answering + "sleep 60\n")
        let status = try #require(FileStatus(.live, qemu))
        let run = machine.directory.path
        func version(_ device: String) throws -> [Int]? {
            try onceExecutable { () throws(OperationError) in try QemuReader(root: .live, binary: qemu, run: run, devices: [device]).facts()
            }?.version
        }
        try QemuCache(
            size: status.size, modified: status.modified,
            facts: QemuFacts(path: qemu, version: [1], machines: [], devices: [], asked: ["nvme"], cpuModels: [], options: [:])
        ).store(.live, QemuCache.path(run: run))
        #expect(try version("nvme") == [1])
        #expect(try version("vmxnet3") == [7, 2, 22])
    }

    @Test func anImageKeepsTheAnswersWithoutTimes() throws {
        let machine = try ScratchMachine()
        let (qemu, file) = (try machine.script("/qemu", Self.answering), machine.directory.path + "/baked.json")
        try onceExecutable { () throws(OperationError) in
            try QemuReader(root: .live, binary: qemu, run: "/nowhere", devices: QemuAnswersTests.asked).bake(to: file)
        }
        let cache = try #require(QemuCache.load(.live, file))
        #expect(cache.modified == nil && cache.facts.isNew == nil && cache.facts.version == [7, 2, 22])
        #expect(cache.describes(qemu, try #require(FileStatus(.live, qemu))))

        let missing = #expect(throws: OperationError.self) {
            try QemuReader(root: machine.root, binary: nil, run: "/nowhere", devices: QemuAnswersTests.asked).bake(to: "/none.json")
        }
        #expect(
            missing?.exit == Diagnostics.ExitStatus.osFile && !FileManager.default.fileExists(atPath: machine.directory.path + "/none.json")
        )
    }

    @Test(arguments: ["", "{}", "[", "{\"version\":0,\"size\":1,\"facts\":{}}"]) func damagedCacheIsNone(text: String) throws {
        let machine = try ScratchMachine(["/c": text])
        #expect(QemuCache.load(machine.root, "/c") == nil)
    }

    @Test func missingBinaries() throws {
        let machine = try ScratchMachine(["/usr/bin/qemu-system-x86_64": "not executable"])
        #expect(try QemuBinary(root: machine.root, configured: nil).find() == nil)
        #expect(throws: OperationError.self) { try QemuBinary(root: machine.root, configured: "/nowhere").find() }
        #expect(throws: OperationError.self) { try QemuBinary(root: machine.root, configured: "/usr/bin/qemu-system-x86_64").find() }
        _ = try machine.script("/usr/libexec/qemu-kvm", "#!/bin/sh\n")
        #expect(try QemuBinary(root: machine.root, configured: nil).find() == "/usr/libexec/qemu-kvm")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/qemu-system-x86_64"), "needs QEMU"))
    func theRealOne() throws {
        let facts = try QemuQuery(path: "/usr/bin/qemu-system-x86_64", devices: QemuAnswersTests.asked).ask(within: .seconds(60))
        let banner = try Tool.output("/usr/bin/qemu-system-x86_64", ["-version"])
        #expect(banner.contains("version \(facts.versionText)"))
        let machines = try Tool.output("/usr/bin/qemu-system-x86_64", ["-machine", "help"])
        #expect(facts.machines.allSatisfy { machines.contains($0 + " ") })
        #expect(facts.machines.contains("q35") && facts.cpuModels.contains("Skylake-Client-v4"))
        #expect(facts.devices.contains("virtio-blk-pci") && facts.options["aio"] != nil)
    }
}
