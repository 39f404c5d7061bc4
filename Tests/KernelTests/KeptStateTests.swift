import Foundation
import Testing

extension InPrivateNetwork {
    /// What outlives a run, on file systems that keep it and that do not.
    struct KeptState {
        private struct State: Decodable {
            struct Stop: Decodable { var ended: Int?, stage: String?, exitCode: Int?, starts: Int? }
            var problem: String?
            var uuid: String
            var kept: Bool
            var lastStop: Stop?
        }

        private static func state(_ guest: borrowing SupervisedGuest) throws -> State {
            let result = try guest.boot("state show --json")
            guard result.succeeded else { throw Shell.Failure(description: "\(result)") }
            return try JSONDecoder().decode(State.self, from: Data(result.output.utf8))
        }

        @Test(.enabled(if: SupervisedGuest.qemu != nil, "needs qemu-system-x86_64"))
        func theRecordOfTheLastStop() throws {
            let guest = try SupervisedGuest.make(.ignores)
            #expect(try Self.state(guest).lastStop == nil)
            let first = try guest.running("--set guest.stop_timeout=1")
            // Nobody may remove what a guest uses, and a record without an end is there.
            #expect(try guest.boot("state reset --all").status == 75)
            #expect(try Self.state(guest).lastStop?.ended == nil && Self.state(guest).lastStop != nil)
            #expect(try guest.boot("stop --wait 60").status == 80)
            #expect(first.status(within: 60) == 80)
            let stop = try #require(try Self.state(guest).lastStop)
            #expect(stop.stage == "quit" && stop.exitCode == 80 && stop.starts == 1)

            // The next start tells, and one that is killed together with its QEMU is known to be cut off.
            let second = try guest.running()
            #expect(second.text.contains("the last run: it ended at") && second.text.contains("after QEMU's quit command, exit code 80"))
            try guest.checkStatus()
            #expect(try guest.boot("status").output.contains("after QEMU's quit command"))
            let qemu = try #require(try guest.status().qemu?.pid)
            kill(second.pid, SIGKILL)
            kill(qemu, SIGKILL)
            _ = second.status(within: 10)
            let third = try guest.running()
            #expect(third.text.contains("was cut off: nobody shut the guest down"), "\(third.text)")
            #expect(try guest.boot("stop --now --wait 60").status == 80)
            _ = third.status(within: 60)

            let identity = try Self.state(guest).uuid
            let reset = try guest.boot("state reset --all")
            #expect(reset.succeeded && reset.output.contains("last-stop.json: the record of the last stop"), "\(reset)")
            #expect(try Shell.must("ls \(guest.world.directory)/nvram").isEmpty)
            #expect(try Self.state(guest).uuid == identity && !Self.state(guest).kept)
        }

        /// UEFI variables on a file system that is read-only or full: the guest starts, and people are told.
        @Test(arguments: ["read-only", "read-only with variables", "full"])
        func stateThatCannotBeWritten(kind: String) throws {
            let guest = try StandInGuest.make()
            let directory = guest.world.directory
            try Shell.must(
                """
                cd \(directory) && mkdir nvram && mount -t tmpfs -o size=256k state nvram && truncate -s 3653632 code.fd &&
                head -c 540672 /dev/zero >vars.fd
                """)
            defer { _ = try? Shell.run("umount \(directory)/nvram") }
            switch kind {
            case "read-only with variables":
                try Shell.must(
                    "mount -o remount,size=1m \(directory)/nvram && head -c 540672 /dev/zero | tr '\\0' a >\(directory)/nvram/nvram.fd")
                fallthrough
            case "read-only": try Shell.must("mount -o remount,ro \(directory)/nvram")
            default: break
            }
            let before = try Shell.must("cd \(directory)/nvram && find . -type f | sort | xargs -r sha256sum")
            let firmware =
                "--set firmware.type=uefi --set firmware.code=\(directory)/code.fd --set firmware.variables=\(directory)/vars.fd --supervise"
            let running = try guest.start(firmware)
            _ = try guest.seen()
            #expect(running.text.contains("the guest's UEFI variables will not be kept"), "\(running.text)")
            let wanted = kind == "read-only with variables" ? "a" : "\\0"
            #expect(
                try Shell.must("head -c 540672 /dev/zero | tr '\\0' '\(wanted)' | cmp - \(directory)/run/nvram.fd && echo same") == "same\n"
            )
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 30) == 81, "\(running.text)")
            if kind != "full" {
                #expect(running.text.contains("the next start will not know how this one ended"), "\(running.text)")
                #expect(try Shell.must("cd \(directory)/nvram && find . -type f | sort | xargs -r sha256sum") == before)
            }
            #expect(!FileManager.default.fileExists(atPath: directory + "/run/nvram.fd"))
        }
    }
}
