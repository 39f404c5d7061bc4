import Foundation
import Testing

extension InPrivateNetwork {
    /// What is seen of a supervised guest: its figures, whether it is ready, its metrics.
    @Suite(.enabled(if: SupervisedGuest.qemu != nil, "needs qemu-system-x86_64"))
    struct SupervisedSight {
        /// QEMU's own counters, by a guest that writes.
        @Test func figures() throws {
            let guest = try SupervisedGuest.make(.powersOff, writes: true)
            let running = try guest.running("--set status.listen=127.0.0.1:19100")
            try running.expect("00000010")
            try Shell.must("\(Shell.tools)/web 127.0.0.1:19100", timeout: 60)
            try guest.checkStatus()
            let json = try guest.boot("status --json").output
            #expect(json.contains(#""disks":[{"name":"system","bytesRead":"#), "\(json)")
            let written = try Shell.must("\(World.boot) status --json \(guest.world.flags) | jq '.disks[0] | .bytesWritten, .writes'")
                .split(separator: "\n").compactMap { Int($0) }
            #expect(written.count == 2 && written[0] >= 16 * 512 && written[1] >= 16, "\(written)")
            // The rates of what is written between two looks.
            let watched = try guest.boot("status --watch 1", timeout: 3)
            #expect(watched.output.contains("; system read "), "\(watched)")
            #expect(watched.output.contains("/s, written ") && watched.output.contains("running; not ready; "), "\(watched)")
            let lines = try guest.boot("status --watch --json 1", timeout: 3).output.split(separator: "\n")
            #expect(lines.count >= 2 && lines.allSatisfy { $0.hasPrefix(#"{"schemaVersion":1"#) })
            try Shell.must("\(Shell.tools)/watch \(World.boot) \(guest.world.flags)", timeout: 60)
            // By Prometheus's own parser.
            let names = "guest_phase qemu_up disk_written_bytes_total network_transmit_bytes_total"
            try Shell.must("\(World.boot) status --metrics \(guest.world.flags) | \(Shell.tools)/metrics \(names)")
            // One that is stopped ends the watch.
            let watch = try Background("\(World.boot) status --watch 1 \(guest.world.flags)", ready: "running")
            #expect(try guest.boot("stop --now --wait 60").status == 80)
            #expect(running.status(within: 30) == 80)
            #expect(watch.status(within: 10) == 0 && watch.text.contains("the supervisor has ended"), "\(watch.text)")
        }

        /// A guest that comes up: first it asks for its address, then its port answers; and once more after a restart.
        @Test func readiness() throws {
            let guest = try StandInGuest.make()
            let directory = guest.world.directory
            let namespace = try Namespace()
            try Shell.must("cp \(Shell.tools)/stand-in-guest \(guest.program) && ln -s \(Shell.tools)/guest-link \(directory)/guest-link")
            try "\(namespace.pid)".write(toFile: directory + "/namespace", atomically: true, encoding: .utf8)
            try guest.answer()
            let running = try guest.start("--supervise --set status.listen=0.0.0.0:19100")
            try running.expect("the guest runs", within: 30)
            func status() throws -> String {
                try Shell.must(
                    "\(World.boot) status --json \(guest.world.flags) | jq -c '[.readiness.ready, .readiness.missing, .guest.lease.address]'"
                )
                .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            #expect(try status() == "[false,\"lease\",null]")
            let early = try guest.world.boot("status --wait-ready 1")
            #expect(early.status == 75 && early.errors.contains("it has not asked for its address by DHCP"), "\(early)")
            try namespace.must("udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /bin/true -x hostname:amac")
            try namespace.must("ip address add 192.168.254.2/24 dev eth0 && ip route add default via 192.168.254.1")
            let silent = try guest.world.boot("status --wait-ready 2")
            #expect(silent.status == 75 && silent.errors.contains("its TCP port 22 does not answer"), "\(silent)")
            #expect(try status() == "[false,\"port\",\"192.168.254.2\"]")
            let server = try namespace.start("peer serve tcp:22")
            #expect(try guest.world.boot("status --wait-ready 15").status == 0, "\(running.text)")
            #expect(try status() == "[true,null,\"192.168.254.2\"]")
            try running.expect("the guest is ready")
            let schema = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/status.schema.json").path
            try Shell.must(
                "\(World.boot) status --json \(guest.world.flags) | python3 -c 'import json, jsonschema, sys; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))' \(schema)"
            )
            try Shell.must("\(World.boot) status --metrics \(guest.world.flags) | grep -x 'macos_virt_guest_ready 1'")
            // The network outside may read it, the guest may not: the firewall of boot keeps it from this machine's services.
            let ask = "curl --silent --max-time 3 http://"
            #expect(try guest.world.host.run(ask + "10.9.0.1:19100/healthz").output == "running\n")
            for address in ["192.168.254.1", "10.9.0.1"] {
                #expect(try namespace.run(ask + "\(address):19100/healthz").status == 28, "\(address): curl's code for no answer")
            }
            // A restart: the lease of before does not count.
            let pid = try Shell.must("\(World.boot) status --json \(guest.world.flags) | jq .qemu.pid")
            sleep(1)
            try Shell.must("kill -USR1 \(pid)")
            try running.expect("the guest restarts")
            #expect(try status() == "[false,\"lease\",null]", "\(running.text)")
            try namespace.must("udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /bin/true")
            #expect(try guest.world.boot("status --wait-ready 15").status == 0, "\(running.text)")
            server.stop()
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 30) == 0, "\(running.text)")
            try Shell.must("rm \(directory)/guest-link \(directory)/namespace")
        }

        /// The guest runs without its page, and gets it when the port is free.
        @Test func anAddressThatIsTaken() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let before = try guest.look()
            let taken = try Background("python3 -m http.server 19101 --bind 127.0.0.1", ready: "Serving")
            let running = try guest.running("--set status.listen=127.0.0.1:19101")
            try running.expect("Address already in use: the status is not served there", within: 30)
            taken.stop()
            try running.expect("listens at 127.0.0.1:19101", within: 70)
            #expect(try Shell.must("curl -s http://127.0.0.1:19101/healthz").hasPrefix("running"))
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 30) == 0, "\(running.text)")
            #expect(try guest.look() == before)
        }

        /// A script waits for a guest that nobody has started yet.
        @Test func waitingForASupervisor() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let missing = try guest.boot("status --wait-ready 1")
            #expect(missing.status == 75 && missing.errors.contains("no boot supervises a guest here"), "\(missing)")
            let waiting = try Background("\(World.boot) status --wait-ready 100 \(guest.world.flags)")
            usleep(300_000)
            kill(waiting.pid, SIGTERM)
            #expect(waiting.status(within: 5) == 130)
        }

        /// A person with a browser: sees the screen change, types, presses the power button; others are refused.
        @Test func aBrowser() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let file = guest.world.directory + "/password"
            try Shell.must("umask 077 && printf secret >\(file)")
            let flags = "--set status.listen=127.0.0.1:19102 --set status.browser=true --set display.vnc_password_file=\(file)"
            let before = try guest.look()
            let running = try guest.running(flags)
            #expect(try Shell.must("stat -c %a \(guest.world.directory)/run/browser-token") == "600\n")
            try Shell.must("\(Shell.tools)/browser \(World.boot) secret \(guest.world.flags) \(flags)", timeout: 120)
            // It powers itself off when its button is pressed, and never else.
            #expect(running.status(within: 30) == 0, "\(running.text)")
            #expect(try guest.look() == before)
            unlink(file)
        }
    }
}
