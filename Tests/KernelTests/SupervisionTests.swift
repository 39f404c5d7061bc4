import Foundation
import Testing

extension InPrivateNetwork {
    /// The ways in which a supervised guest ends, and what is left of it then: nothing.
    @Suite(.enabled(if: SupervisedGuest.qemu != nil, "needs qemu-system-x86_64"))
    struct Supervision {
        /// - Returns: what boot said.
        @discardableResult
        private func expectEnd(
            _ running: borrowing Background, of guest: borrowing SupervisedGuest, status expected: Int32,
            as before: [String: String]? = nil, within seconds: Double = 60
        ) throws -> String {
            let status = running.status(within: seconds)
            #expect(status == expected, "\(running.text)")
            #expect(try guest.processes().isEmpty)
            if let before { #expect(try guest.look() == before) }
            #expect(try guest.world.boot("down").status == 0)
            return running.text
        }

        @Test(arguments: ["SIGTERM", "SIGINT", "boot stop"]) func aGuestThatObeys(way: String) throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            let running = try guest.running()
            #expect(try guest.status().phase == "running")
            #expect(try guest.boot("status").output.contains("running"))
            #expect(try guest.boot("status --check").status == 0)
            try guest.checkStatus()
            #expect(try guest.boot("screenshot \(guest.world.directory)/screen.png").status == 0)
            #expect(
                try Shell.must("file \(guest.world.directory)/screen.png && rm \(guest.world.directory)/screen.png").contains(
                    "PNG image data"))
            #expect(try guest.boot("type 'Hello, World'").status == 0 && guest.boot("press shift-a ret").status == 0)
            #expect(try guest.boot("press nokey").status == 75)
            #expect(try guest.boot("qmp query-status").output.contains("\"running\":true"))
            #expect(try guest.boot("log").output.contains("the guest runs"))
            switch way {
            case "SIGTERM": kill(running.pid, SIGTERM)
            case "SIGINT": kill(running.pid, SIGINT)
            default:
                let stop = try guest.boot("stop --wait 60")
                #expect(stop.status == 0 && stop.errors.contains("the guest is shut down"), "\(stop)")
                // It answers when everything is undone.
                #expect(try guest.look() == before)
            }
            let words = try expectEnd(running, of: guest, status: 0, as: before)
            #expect(words.contains("its button was pressed") && words.contains("the guest is shut down"), "\(words)")
            #expect(try guest.boot("status").status == 75 && guest.boot("stop").status == 75)
        }

        /// The first press, the second one, `quit`.
        @Test func aGuestThatIgnoresItsButton() throws {
            let guest = try SupervisedGuest.make(.ignores)
            let running = try guest.running("--set guest.stop_timeout=1")
            kill(running.pid, SIGTERM)
            let words = try expectEnd(running, of: guest, status: 80)
            #expect(words.components(separatedBy: "its button was pressed").count == 3, "\(words)")
            #expect(words.contains("pressed its power button again") && words.contains("ending QEMU by its own command"))
        }

        @Test(arguments: ["signal", "--now"]) func aStopInAHurry(way: String) throws {
            let guest = try SupervisedGuest.make(.ignores)
            let running = try guest.running()
            kill(running.pid, SIGTERM)
            try running.expect("its button was pressed")
            let start = Date()
            if way == "signal" { kill(running.pid, SIGTERM) } else { #expect(try guest.boot("stop --now --wait 60").status == 80) }
            try expectEnd(running, of: guest, status: 80)
            #expect(Date().timeIntervalSince(start) < 20)
        }

        @Test func aGuestThatRestarts() throws {
            let guest = try SupervisedGuest.make(.restarts)
            let running = try guest.running()
            let pid = try guest.status().qemu?.pid
            #expect(try guest.boot("powerdown").status == 0)
            try running.expect("the guest restarts")
            try running.expect("the guest runs", times: 2, within: 60)
            let status = try guest.wait(for: "running")
            #expect(status.starts == 1 && status.qemu?.pid == pid)
            #expect(try guest.boot("stop --now --wait 60").status == 80)
            try expectEnd(running, of: guest, status: 80)
        }

        @Test func aGuestThatPanics() throws {
            let guest = try SupervisedGuest.make(.panics)
            let device = "--set 'qemu.extra=-device pvpanic'"
            let running = try guest.running(device)
            #expect(try guest.boot("powerdown --wait 60").status == 0)
            let status = try guest.wait(for: "running", starts: 2)
            #expect(status.events.contains { $0.text == "the guest panicked" }, "\(status)")
            #expect(status.events.contains { $0.text.contains("its button was pressed") }, "the guest's last output")
            // Once it is among the last words of the one before.
            try running.expect("the guest runs", times: 3, within: 60)
            kill(running.pid, SIGTERM)
            try expectEnd(running, of: guest, status: 83)

            let once = try guest.running(device + " --set guest.on_crash=exit")
            #expect(try guest.boot("powerdown").status == 0)
            try expectEnd(once, of: guest, status: 83)
        }

        @Test func aQEMUThatIsKilled() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            let running = try guest.running()
            let first = try #require(try guest.status().qemu?.pid)
            kill(first, SIGKILL)
            let status = try guest.wait(for: "running", starts: 2)
            #expect(status.qemu?.pid != first)
            #expect(status.events.contains { $0.text.contains("QEMU ended with signal 9") }, "\(status)")
            // The second QEMU has the tap, the lock and the disk of the first.
            // Once it is among the last words of the one before.
            try running.expect("the guest runs", times: 3, within: 60)
            #expect(try guest.world.boot("down").status == 75)
            kill(running.pid, SIGTERM)
            try expectEnd(running, of: guest, status: 0, as: before)

            let once = try guest.running("--set guest.on_crash=exit")
            kill(try #require(try guest.status().qemu?.pid), SIGKILL)
            try expectEnd(once, of: guest, status: 84, as: before)
        }

        /// A supervisor that is killed does not cut its guest's power; the guest can be shut down, and everything be undone.
        @Test func aSupervisorThatIsKilled() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            let running = try guest.running()
            kill(running.pid, SIGKILL)
            #expect(running.status(within: 10) == 137)
            #expect(try guest.world.boot("down").status == 75)
            #expect(try guest.boot("powerdown --wait 60").status == 0)
            let end = Date(timeIntervalSinceNow: 10)
            while try !guest.processes().isEmpty, Date() < end { usleep(20_000) }
            #expect(try guest.world.boot("down").status == 0)
            #expect(try guest.look() == before)
        }

        /// A signal at any moment of a start ends it, and nothing is left.
        @Test func aStopDuringAStart() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            for round in 0..<24 {
                // Firmware does not see the button yet; a second later there is a guest that sees the second press.
                let running = try guest.start("--set guest.stop_timeout=1")
                usleep(useconds_t(round * 5000))
                kill(running.pid, SIGTERM)
                let status = running.status(within: 90)
                // Before the signals are watched, SIGTERM ends it as any program; then the start is undone; then there is a guest.
                #expect([143, 130, 81, 80, 0].contains(status), "round \(round): \(status ?? -1) \(running.text)")
                #expect(try guest.processes().isEmpty)
                #expect(try guest.look() == before, "round \(round): \(running.text)")
            }
        }

        /// As PID 1, where SIGTERM does nothing to who does not ask for it, and orphans are left to boot.
        @Test func asTheFirstProcess() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            let wrapper = "unshare --pid --fork --kill-child --mount-proc"
            let running = try guest.running(wrapper: wrapper)
            let boot = try #require(Int32(try Shell.must("pgrep -P \(running.pid)").trimmingCharacters(in: .whitespacesAndNewlines)))
            // An orphan, which PID 1 has to wait for.
            try Shell.must("nsenter -t \(boot) -p -m sh -c '(sleep 0.1 &) ; true'")
            sleep(1)
            #expect(try Shell.must("ps --ppid \(boot) -o stat=,comm=").contains("Z") == false)
            kill(boot, SIGTERM)
            try expectEnd(running, of: guest, status: 0, as: before)
            // reboot(2) of a process namespace ends its first process by SIGINT: the machine is the namespace here.
            let last = try guest.running("--set guest.on_poweroff=poweroff", wrapper: wrapper)
            #expect(try guest.boot("powerdown").status == 0)
            #expect([130, 2].contains(last.status(within: 60)), "\(last.text)")
            #expect(try guest.look() == before)
        }

        @Test func theGuestStartsAgainWhenItPowersItselfOff() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let running = try guest.running("--set guest.on_poweroff=restart")
            #expect(try guest.boot("powerdown --wait 60").status == 0)
            _ = try guest.wait(for: "running", starts: 2)
            try running.expect("the guest runs", times: 2, within: 60)
            kill(running.pid, SIGTERM)
            try expectEnd(running, of: guest, status: 0)
        }

        @Test func aDnsmasqThatEnds() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            let running = try guest.running()
            let file = guest.world.directory + "/run/dnsmasq.pid"
            let first = try Shell.must("cat \(file)")
            try Shell.must("kill -9 \(first)")
            try running.expect("dnsmasq runs again")
            #expect(try Shell.must("cat \(file)") != first)
            kill(running.pid, SIGTERM)
            try expectEnd(running, of: guest, status: 0, as: before)
        }
    }
}
