import Foundation
import Glibc
import Testing

@testable import Booter

/// The built program, as a user meets it.
@Suite(.enabled(if: BootProgram.path != nil, "needs the built boot"))
struct CommandTests {
    private func run(_ arguments: String..., environment: [String: String] = [:]) throws -> BootProgram.Ended {
        try BootProgram.run(arguments, environment: environment)
    }

    @Test(arguments: [
        (["--no-such-flag"], "--no-such-flag"), (["plan", "--no-such-flag"], "--no-such-flag"), (["plan", "surplus"], "surplus"),
        (["fly"], "fly"), (["plan", "--root"], "--root"),
        (["plan", "--root", "/", "--facts", "/x"], "--root and --facts exclude each other"),
        (["plan", "--root", "/nonexistent", "--set", "nonsense"], "'nonsense' (flag --set) is not KEY=VALUE"),
        (["plan", "--root", "/nonexistent", "--memory", "lots"], "lots"),
    ])
    func wrongUsageIs64(arguments: [String], words: String) throws {
        let ended = try BootProgram.run(arguments)
        #expect(ended.status == 64 && ended.output.isEmpty && ended.errors.contains(words), "\(ended.errors)")
    }

    @Test(arguments: [
        ("[guest]\nmemroy = \"8G\"\n", ["guest.memroy", "guest.memory"]), ("[guest]\nmemory = \"lots\"\n", ["guest.memory", "lots", "8G"]),
        ("[network]\nmtu = 100\n", ["network.mtu", "100", "1280"]), ("guest = [\n", []),
    ])
    func aWrongFileIs78AndSaysWhere(text: String, words: [String]) throws {
        let machine = try ScratchMachine(["/boot.toml": text])
        let file = machine.directory.path + "/boot.toml"
        for command in ["plan", "probe", "doctor", "run", "down"] {
            let ended = try run(command, "--config", file)
            #expect(ended.status == 78 && ended.output.isEmpty)
            for word in [file] + words { #expect(ended.errors.contains(word), "\(command): \(ended.errors)") }
        }
    }

    @Test func aWrongVariableIs78() throws {
        let ended = try run("plan", environment: ["MACOS_VIRT_GUEST_VCPUS": "many"])
        #expect(ended.status == 78 && ended.errors.contains("MACOS_VIRT_GUEST_VCPUS") && ended.errors.contains("many"), "\(ended.errors)")
    }

    @Test(
        arguments: [("intel-1s", 0), ("gce-n2", 0), ("hybrid", 0), ("no-kvm", 69), ("one-cpu", 77), ("container", 77)] as [(String, Int32)])
    func aSavedMachineIsPlannedAndDiagnosed(host: String, status: Int32) throws {
        let machine = try SavedHost(name: host).machine()
        let root = machine.directory.path
        let plan = try run("plan", "--root", root, environment: ["MACOS_VIRT_GUEST_VCPUS": "no concern of a saved machine"])
        #expect(plan.status == status && plan.errors.isEmpty)
        #expect(plan.output == PlanText(plan: try PlannedHost(host).plan()).description + "\n")

        let doctor = try run("doctor", "--root", root)
        #expect(doctor.status == status)
        #expect(doctor.output.contains("FAILURE") == (status != 0))
        let last = doctor.output.split(separator: "\n").last.map(String.init) ?? ""
        #expect(last.hasSuffix(status == 0 ? "0 failures" : "1 failure") || status != 0 && last.hasSuffix("failures"), "\(last)")

        let probe = try run("probe", "--root", root)
        #expect(probe.status == 0 && probe.output.contains("kernel        "))
    }

    /// The keys that the documentation names, read by a parser that is not ours.
    @Test func jsonIsWhatItIsSaidToBe() throws {
        let machine = try SavedHost(name: "gce-n2").machine()
        let check = """
            import json, sys
            plan = json.load(sys.stdin)
            for key in ("schemaVersion", "facts", "configured", "decisions", "findings", "guest", "steps", "qemu", "warnings"):
                plan[key]
            assert plan["schemaVersion"] == 1
            assert plan["qemu"]["argv"][0] == plan["qemu"]["binary"]
            assert plan["guest"]["vcpus"] == 3 and plan["configured"] == {"guest.vcpus": "flag --vcpus"}, plan["configured"]
            assert all(set(d) == {"name", "value", "reason"} for d in plan["decisions"])
            assert all(len(s) == 1 for s in plan["steps"])
            """
        let plan = try BootProgram.shell(
            "\"$0\" plan --json --vcpus 3 --root \"$1\" | python3 -c \"$2\"", [machine.directory.path, check])
        #expect(plan.status == 0, "\(plan.errors)")
        let doctor = try BootProgram.shell(
            "\"$0\" doctor --json --root \"$1\" | python3 -c 'import json,sys; assert all(f[\"area\"] for f in json.load(sys.stdin))'",
            [machine.directory.path])
        #expect(doctor.status == 0, "\(doctor.errors)")
    }

    @Test(arguments: ["intel-1s", "no-kvm", "container", "amd-128"])
    func savedFactsGiveTheSamePlan(host: String) throws {
        let machine = try SavedHost(name: host).machine()
        let probe = try run("probe", "--json", "--root", machine.directory.path)
        try machine.write(probe.output, to: "/facts.json")
        let direct = try run("plan", "--json", "--root", machine.directory.path)
        let replayed = try run("plan", "--json", "--facts", machine.directory.path + "/facts.json")
        #expect(direct.output == replayed.output && direct.status == replayed.status && direct.output.count > 1000)
        // By a path from here, too.
        let relative = try BootProgram.run(["plan", "--json", "--facts", "facts.json"], directory: machine.directory.path)
        #expect(relative.output == direct.output)
    }

    @Test func factsThatAreNone() throws {
        let machine = try ScratchMachine(["/empty.json": "{}", "/text.json": "no"])
        let host = try SavedHost(name: "intel-1s").machine()
        let facts = try run("probe", "--json", "--root", host.directory.path).output
        try machine.write(facts.replacingOccurrences(of: "\"schemaVersion\" : 1", with: "\"schemaVersion\" : 2"), to: "/newer.json")
        for (file, words) in [
            ("empty", "not the output of `boot probe --json`"), ("text", "not the output of `boot probe --json`"),
            ("newer", "its schemaVersion is 2, and this boot reads version 1"), ("missing", "No such file or directory"),
        ] {
            let ended = try run("plan", "--facts", "\(machine.directory.path)/\(file).json")
            #expect(ended.status == 66 && ended.errors.contains(words), "\(ended.errors)")
        }
    }

    @Test func versionHelpAndCompletion() throws {
        let version = try run("--version")
        #expect(version.status == 0 && version.output.split(separator: "\n").count == 1)
        let help = try run("--help")
        #expect(help.status == 0)
        for command in ["run", "plan", "probe", "doctor", "down", "load-modules", "setup-nat", "run-qemu"] {
            #expect(help.output.contains("  \(command) "), "\(command)")
            #expect(try run(command, "--help").output.contains("USAGE: boot \(command)"))
        }
        for shell in ["bash", "zsh"] where FileManager.default.isExecutableFile(atPath: "/bin/" + shell) {
            let checked = try BootProgram.shell("\"$0\" --generate-completion-script \(shell) | /bin/\(shell) -n")
            #expect(checked.status == 0 && checked.errors.isEmpty, "\(checked.errors)")
        }
        #expect(try run("--generate-completion-script", "bash").output.contains("load-modules"))
    }

    /// As a user that may read this directory; root becomes nobody for it.
    @Test(arguments: ["run", "down", "load-modules", "setup-nat", "run-qemu", ""])
    func withoutRootItSaysSo(command: String) throws {
        let drop = geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : ""
        // Where others do not let us through to the program, a copy runs.
        let ended = try BootProgram.shell(
            """
            copy=$(mktemp -d); trap 'rm -r "$copy"' EXIT; chmod 755 $copy; cp "$0" $copy/boot
            \(drop)$copy/boot \(command) --set state.run=/tmp/boot-nobody
            """)
        #expect(ended.status == 77, "\(ended.status): \(ended.errors)")
        #expect(ended.errors.contains("not as root") && ended.errors.contains("run it as root or with sudo"), "\(ended.errors)")
        #expect(!FileManager.default.fileExists(atPath: "/tmp/boot-nobody"))
    }

    @Test(arguments: [">&-", ">/dev/full"])
    func outputThatCannotBeWritten(redirection: String) throws {
        let machine = try SavedHost(name: "intel-1s").machine()
        for command in ["plan", "plan --json", "probe", "doctor"] {
            let ended = try BootProgram.shell("exec \"$0\" \(command) --root \"$1\" \(redirection)", [machine.directory.path])
            #expect(ended.status == 71 && ended.errors.contains("standard output"), "\(command): \(ended.status) \(ended.errors)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"), arguments: ["plan", "run", "probe", "doctor"])
    func withoutProcItFailsLoudly(command: String) throws {
        let ended = try BootProgram.shell(
            "unshare --mount sh -c 'mount -t tmpfs none /proc && exec \"$0\" \(command) --set state.run=/tmp/boot-noproc' \"$0\"")
        #expect(ended.status != 0 && ended.errors.contains("/proc"), "\(ended.status) \(ended.errors)")
        // Not even by half.
        #expect(ended.output.isEmpty && !FileManager.default.fileExists(atPath: "/tmp/boot-noproc"))
    }
}
