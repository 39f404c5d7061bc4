import Diagnostics
import Foundation
import Glibc
import LinuxSupport
import Testing

@testable import Booter

/// Processes that really become another program.
struct ExecTests {
    /// A shell that looks at itself and ends with the number of the first thing that is not as it should be.
    private static let look = """
        fail=1
        check() { fail=$((fail + 1)); "$@" || { echo "check $fail: $*" >&2; exit $fail; }; }
        link() { readlink /proc/$$/fd/$1; }
        none() { [ ! -e /proc/$$/fd/$1 ]; }
        check [ "$(link 10)" = "$1/first" ]
        check [ "$(link 11)" = "$1/second" ]
        check [ "$(link 12)" = "$1/third" ]
        # What was opened with close-on-exec, and the places from which descriptors were moved.
        check none 13
        for n in $(seq 14 63) $(seq 65 200); do check none $n; done
        check grep -q '^NoNewPrivs:.1$' /proc/$$/status
        # Nothing of root's environment; PWD, SHLVL and _ are the shell's own.
        check [ "$(env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD=)" = "PATH=/usr/sbin:/usr/bin:/sbin:/bin" ]
        check [ "$(umask)" = 0077 ]
        # The lock is held by this process now, and nothing can be written by it.
        check [ "$(link 64)" = "$1/run/lock" ]
        check sh -c '! flock -n "$0" true' "$1/run/lock"
        check grep -q '^flags:.0[0-7]*00$' /proc/$$/fdinfo/64
        check [ "$2" = "two words" ]
        rm -r "$1"
        """

    @Test func becomesTheProgram() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            setenv("MACOS_VIRT_GUEST_MEMORY", "8G", 1)
            setenv("OTHER", "secret", 1)
            let base = "/tmp/exec-\(getpid())"
            mkdir(base, 0o700)
            // Nothing of the test runner's above 2 but what is ours.
            for number in 3..<64 as Range<Int32> { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
            // Other tests run at the same time: one of their descriptors would take the lock's number.
            for number in 64..<200 as Range<Int32> { close(number) }
            let applier = Applier(journal: try Journal.fresh(directory: base + "/run"))
            func open(_ name: String, at number: Int32) -> Int32 {
                let file = Glibc.open(base + "/" + name, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
                _ = dup2(file, number)
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
                close(file)
                return number
            }
            // Each is where another one belongs.
            let descriptors = [open("first", at: 12), open("second", at: 10), open("third", at: 11)]
            _ = open("other", at: 13)
            // Inherited without the flag, as from a shell.
            _ = fcntl(open("shell", at: 150), F_SETFD, 0)
            try Exec.become(
                QemuInvocation(
                    binary: "/bin/sh", argv: ["/bin/sh", "-c", ExecTests.look, "sh", base, "two words"],
                    tapDescriptors: [10, 11, 12], vhostDescriptors: []), tap: descriptors, vhost: [], applier)
        }
        // Swift Testing's own mark is in it, too.
        let errors = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(!errors.contains("check "), "\(errors)")
    }

    @Test func aProgramThatIsNotThereIsAnError() async {
        await #expect(processExitsWith: .exitCode(72)) {
            let base = "/tmp/exec-\(getpid())"
            var applier = Applier(journal: try Journal.fresh(directory: base))
            try applier.apply(.writeFile(path: base + "/file", text: "x", mode: 0o644))
            do throws(OperationError) {
                try Exec.become(
                    QemuInvocation(binary: "/nonexistent/qemu", argv: ["qemu"], tapDescriptors: [], vhostDescriptors: []), applier)
            } catch {
                let final = applier.unwind(after: error)
                guard final == error, error.cause == "No such file or directory", access(base, F_OK) != 0 else { exit(1) }
                exit(error.exitCode)
            }
        }
    }

    @Test func placesAndDescriptorsMustAgree() async {
        await #expect(processExitsWith: .exitCode(70)) {
            let applier = Applier(journal: try Journal.fresh(directory: "/tmp/exec-\(getpid())"))
            do throws(OperationError) {
                try Exec.become(
                    QemuInvocation(binary: "/bin/true", argv: ["true"], tapDescriptors: [10, 11], vhostDescriptors: []), applier)
            } catch {
                _ = applier.unwind()
                exit(error.exitCode)
            }
        }
    }
}

struct ConsoleTests {
    @Test func stepsAreNumberedAndTimed() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            var console = Console()
            console.step("probe") {}
            console.expect(3)
            _ = console.step("count", result: { "\($0) found" }) { 7 }
            try? console.step("break") { () throws(OperationError) -> Void in throw OperationError("a", "b", cause: "c", exit: .software) }
            console.step("sleep") { () -> Void in usleep(20_000) }
            console.step("one more") {}
            console.warn(.warning(.cpu, "hot", remedy: "cool it"))
            console.say("done")
            var silent = Console(quiet: true)
            silent.step("nothing") {}
            exit(0)
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let expected = [
            "[1/1] probe ... ok ", "[2/4] count ... 7 found ", "[3/4] break ... failed ", "[4/4] sleep ... ok ", "[5/5] one more ... ok ",
            "warning: hot", "  cool it", "done",
        ]
        #expect(lines.count == expected.count, "\(text)")
        for (line, start) in zip(lines, expected) { #expect(line.hasPrefix(start), "\(line)") }
        #expect(lines.prefix(5).allSatisfy { $0.hasSuffix(" ms") })
        let slept = lines[3].split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0
        #expect(slept >= 20, "\(lines[3])")
    }

    /// The name is there before the step ends: one that hangs names itself.
    @Test func theNameComesFirst() async throws {
        let result = await #expect(processExitsWith: .exitCode(3), observing: [\.standardErrorContent]) {
            var console = Console()
            console.step("hang") { exit(3) }
        }
        #expect(try #require(result).standardErrorContent == Array("[1/1] hang ... ".utf8))
    }

    @Test func aClosedStandardErrorIsNoReasonToStop() async {
        await #expect(processExitsWith: .exitCode(4)) {
            close(2)
            var console = Console()
            console.step("quiet") {}
            exit(4)
        }
    }
}
