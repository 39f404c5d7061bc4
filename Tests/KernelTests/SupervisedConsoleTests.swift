import Foundation
import Testing

extension InPrivateNetwork {
    /// The serial port of a supervised guest, as people and programs use it.
    @Suite(.enabled(if: SupervisedGuest.qemu != nil, "needs qemu-system-x86_64"))
    struct SupervisedConsole {
        @Test func terminals() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            let running = try guest.running()
            try Shell.must("\(Shell.tools)/console \(World.boot) \(guest.world.flags)", timeout: 120)
            #expect(running.status(within: 30) == 0, "\(running.text)")
            #expect(try guest.look() == before)
        }

        /// The terminal of `boot run` itself: every key goes to the guest, and the terminal is as before at the end.
        @Test func theTerminalOfTheSupervisor() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let script = """
                import os, pty, signal, sys, termios, time
                near, far = pty.openpty()
                before = termios.tcgetattr(far)
                pid = os.fork()
                if pid == 0:
                    os.login_tty(far) if hasattr(os, "login_tty") else [os.setsid(), __import__("fcntl").ioctl(far, termios.TIOCSCTTY, 0)] + [os.dup2(far, n) for n in (0, 1, 2)]
                    os.execvp(sys.argv[1], sys.argv[1:])
                seen = b""
                def expect(word):
                    global seen
                    while word not in seen:
                        seen += os.read(near, 4096)
                expect(b"the guest runs")
                os.write(near, b"abc\\x03def")
                expect(b"abc\\x03def")
                os.kill(pid, signal.SIGTERM)
                expect(b"its button was pressed")
                while True:
                    done, status = os.waitpid(pid, os.WNOHANG)
                    if done: break
                    if __import__("select").select([near], [], [], 0.05)[0]: seen += os.read(near, 4096)
                assert os.waitstatus_to_exitcode(status) == 0, (status, seen)
                assert termios.tcgetattr(far) == before
                """
            let file = guest.world.directory + "/terminal.py"
            try script.write(toFile: file, atomically: true, encoding: .utf8)
            try Shell.must("python3 \(file) \(World.boot) run --supervise \(guest.flags)", timeout: 90)
            unlink(file)
            #expect(try guest.processes().isEmpty)
        }

        @Test func withoutAConsole() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            #expect(try guest.boot("console").status == 75)
            let running = try guest.start("--set qemu.serial=none")
            try running.expect("start /")
            _ = try guest.wait(for: "running")
            let refused = try guest.boot("console")
            #expect(refused.status == 78 && refused.errors.contains("set qemu.serial to stdio"), "\(refused)")
            #expect(try guest.boot("stop --now --wait 60").status == 80)
            #expect(running.status(within: 30) == 80)
        }
    }
}
