import Foundation
import Testing

extension InPrivateNetwork {
    /// SIGKILL at any moment leaves nothing that `boot down` does not remove.
    ///
    /// `KILLS` is the number of kills: 50 in `make test-kernel`, 1,000 in `make soak`.
    struct Kills {
        private static let count = ProcessInfo.processInfo.environment["KILLS"].flatMap { Int($0) } ?? 50

        /// As short as a real QEMU's start would be long.
        private static let program = "#!/bin/sh\nexec sleep 0.1\n"

        /// Everything that `look` compares, and all settings of all links.
        private static func look(_ world: borrowing World) throws -> [String: String] {
            var looks = try world.look()
            looks["link settings"] = try Shell.must(
                "sysctl -a -r '^net\\.ipv[46]\\.(conf|ip_forward)' 2>/dev/null | grep -v stable_secret | sort")
            looks["programs"] = try Shell.must("pgrep -fa '[/]qemu .*-machine' || true")
            return looks
        }

        /// Starts a line, kills it after `microseconds`, and says whether it still ran.
        private static func killed(_ line: String, after microseconds: Int) throws -> Bool {
            let child = try Child(["/bin/sh", "-c", "exec " + line], output: "/dev/null", errors: "/dev/null")
            usleep(UInt32(microseconds))
            kill(child.pid, SIGKILL)
            return child.wait() == 137
        }

        private static func duration(_ body: () throws -> Void) rethrows -> Int {
            let start = Date()
            try body()
            return Int(Date().timeIntervalSince(start) * 1_000_000)
        }

        @Test func atRandomMoments() throws {
            let guest = try StandInGuest.make(script: Self.program)
            let setup = "\(World.boot) setup-nat --accel tcg --set network.wait=0 \(guest.world.flags)"
            let run = "\(World.boot) run \(guest.flags)"
            let down = "\(World.boot) down \(guest.world.flags)"
            var left = try Self.look(guest.world)
            let before = left
            let times = [
                try Self.duration { try Shell.must(setup) }, try Self.duration { try Shell.must(down) },
                try Self.duration { try Shell.must(run) },
            ]
            try Shell.must(down)
            #expect(try Self.look(guest.world) == before)
            var interrupted = 0
            for index in 0..<Self.count {
                var story = ""
                func kill(_ line: String, _ name: String, _ time: Int) throws {
                    let moment = Int.random(in: 0...time)
                    let hit = try Self.killed(line, after: moment)
                    if hit { interrupted += 1 }
                    story += "\(name) killed after \(moment) µs\(hit ? "" : " (too late)"); "
                }
                switch index % 3 {
                case 0: try kill(setup, "setup-nat", times[0])
                case 1: try kill(run, "run", times[2])
                default:
                    try Shell.must(setup)
                    try kill(down, "down", times[1])
                }
                // Twice in a row: also inside of the undoing.
                if index % 4 == 3 { try kill(down, "down", times[1]) }
                // And a start over the remains.
                if index % 5 == 4 { try kill(setup, "setup-nat again", times[0]) }
                let result = try Shell.run(down)
                #expect(result.status == 0, "\(story)\(result)")
                left = try Self.look(guest.world)
                for (key, value) in left where value != before[key] {
                    Issue.record("\(story)\(key):\n\(value)\nbefore:\n\(before[key] ?? "")")
                }
                // One that left something must not make all that follow fail.
                if left != before {
                    _ = try Shell.run(
                        "ip link delete tap0; nft flush ruleset; pkill -f conf-file=\(guest.world.directory); rm -rf \(guest.world.directory)/run/[!q]*; sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0"
                    )
                }
            }
            #expect(interrupted > Self.count / 4)
        }

        /// Those that change something, one after the other: strace kills `boot` as it enters the n-th.
        private static let calls = [
            "write", "pwrite64", "sendto", "sendmsg", "ioctl", "rename", "unlink", "rmdir", "mkdir", "mknodat", "ftruncate", "fsync",
            "fchmod",
            "chmod", "chown", "fchown", "flock", "fcntl", "clone", "clone3", "vfork", "execve", "close_range", "pidfd_send_signal",
            "setsockopt",
            "poll",
        ].joined(separator: ",")

        @Test(arguments: ["setup-nat", "run", "down"]) func atSystemCalls(verb: String) throws {
            let guest = try StandInGuest.make(script: Self.program)
            let setup = "\(World.boot) setup-nat --accel tcg --set network.wait=0 \(guest.world.flags)"
            let down = "\(World.boot) down \(guest.world.flags)"
            let line = ["setup-nat": setup, "down": down, "run": "\(World.boot) run \(guest.flags)"][verb] ?? ""
            let before = try Self.look(guest.world)
            let trace = guest.world.directory + "/../trace-\(getpid())"
            defer { unlink(trace) }
            var (number, hits) = (1, 0)
            // Few kills: every n-th call, at another place each time.
            let stride = max(1, (verb == "down" ? 200 : 600) / max(Self.count, 1))
            number += Int.random(in: 0..<stride)
            while number < 2000 {
                if verb == "down" { try Shell.must(setup) }
                let result = try Shell.run(
                    "strace -o \(trace) -e trace=\(Self.calls) -e inject=\(Self.calls):signal=KILL:when=\(number) \(line)")
                if result.status != 137 { break }
                hits += 1
                let undone = try Shell.run(down)
                let last = ((try? String(contentsOfFile: trace, encoding: .utf8)) ?? "").split(separator: "\n").suffix(3).joined(
                    separator: "\n")
                #expect(undone.status == 0, "\(verb) killed at call \(number):\n\(last)\n\(undone)")
                let after = try Self.look(guest.world)
                for (key, value) in after where value != before[key] {
                    Issue.record("\(verb) killed at call \(number):\n\(last)\n\(key):\n\(value)\nbefore:\n\(before[key] ?? "")")
                }
                if after != before { break }
                number += stride
            }
            #expect(hits > 2, "strace killed nothing")
        }
    }
}
