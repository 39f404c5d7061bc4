import Foundation
import Testing

extension InPrivateNetwork {
    /// A guest that runs, by a program in QEMU's place: what it is given, and what nobody may do meanwhile.
    struct RunningGuest {
        private struct Seen: Decodable {
            var descriptors: [String: [String]]
            var environment: [String]
            var umask: String
            var noNewPrivileges: String
        }

        /// The whole list: anything else that QEMU gets is a way out of its confinement. As a child it gets a socket besides.
        @Test(arguments: [false, true]) func qemuGetsWhatItNeedsAndNothingElse(isSupervised: Bool) throws {
            let guest = try StandInGuest.make()
            let running = try guest.start(isSupervised ? "--supervise" : "")
            let seen = try JSONDecoder().decode(Seen.self, from: try guest.seen())
            var descriptors = seen.descriptors
            for number in ["0", "1", "2"] + (isSupervised ? ["72"] : []) {
                let target = descriptors.removeValue(forKey: number)?.first
                #expect(target != nil && (!isSupervised || target?.hasPrefix("socket:[") == true), "\(number): \(target ?? "closed")")
            }
            let namespace = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
            #expect(
                descriptors == [
                    "10": ["/dev/net/tun", "rw"], "64": [guest.world.directory + "/run/lock", "r"], "65": [namespace, "r"],
                    "66": [guest.disk, "rw"],
                ], "\(running.text)")
            #expect(seen.environment == ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
            #expect(seen.umask == "0077" && seen.noNewPrivileges == "1")
            guard isSupervised else { return running.stop() }
            // It says nothing on that socket: a stop does not wait for it.
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 30) == 81, "\(running.text)")
        }

        /// A QEMU whose QMP is none, and one that cannot be executed.
        @Test func whatIsNoQEMU() throws {
            let rubbish = try StandInGuest.make(
                script: "#!/usr/bin/python3\nimport os, time\nos.write(72, b'rubbish\\n')\nprint('it runs', flush=True)\ntime.sleep(600)\n")
            let before = try rubbish.world.look()
            let running = try rubbish.start("--supervise")
            try running.expect("it runs")
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 30) == 81, "\(running.text)")
            #expect(try rubbish.world.look() == before)

            let broken = try StandInGuest.make(script: "#!/nonexistent\n")
            let failed = try broken.start("--supervise")
            #expect(failed.status(within: 30) == 84 && failed.text.contains("No such file"), "\(failed.text)")
            #expect(try broken.world.look()["firewall"] == before["firewall"])
        }

        /// A QEMU that runs its guest and then answers nothing any more, or speaks something else: signals reach it.
        @Test(arguments: ["stalls", "rubbish"]) func aControlConnectionThatFails(kind: String) throws {
            let guest = try StandInGuest.make(
                script: """
                    #!/usr/bin/python3
                    import json, socket, time
                    control = socket.socket(fileno=72)
                    control.sendall(b'{"QMP":{"version":{"qemu":{"micro":0,"minor":2,"major":7},"package":""},"capabilities":[]}}\\r\\n')
                    for line in control.makefile("rb"):
                        command = json.loads(line)
                        answer = {"return": {"status": "running", "running": True}, "id": command.get("id")}
                        control.sendall(json.dumps(answer if "id" in command else {"return": {}}).encode() + b"\\r\\n")
                        if command["execute"] == "query-status":
                            break
                    print("it runs", flush=True)
                    if "\(kind)" == "rubbish":
                        control.sendall(b"\\0" * 5000 + b"\\n")
                    time.sleep(600)

                    """)
            let before = try guest.world.look()
            let running = try guest.start("--supervise")
            try running.expect("it runs", within: 20)
            try running.expect("the guest is running", within: 20)
            if kind == "rubbish" { try running.expect("lost the connection to QEMU", within: 20) }
            // The button, then `quit`, then SIGTERM; without a connection SIGTERM at once.
            for _ in 0..<(kind == "stalls" ? 3 : 1) {
                kill(running.pid, SIGTERM)
                usleep(200_000)
            }
            #expect(running.status(within: 30) == 81, "\(running.text)")
            #expect(try guest.world.look() == before)
        }

        /// Whatever state.run it is told: the firewall and the tap are those of the network namespace.
        @Test func nothingElseTouchesItMeanwhile() throws {
            let guest = try StandInGuest.make()
            let before = try guest.world.look()
            let running = try guest.start()
            _ = try guest.seen()
            let firewall = try Shell.must("nft list table inet macos_virt")
            // QEMU's answers, so that the program in its place is not asked.
            try Shell.must(
                "mkdir \(guest.world.directory)/other && cp \(guest.world.directory)/run/qemu.json \(guest.world.directory)/other/")
            // The last flag counts.
            let other = "--set state.run=\(guest.world.directory)/other"
            for line in [
                "down \(guest.world.flags)", "down \(other)", "down --set state.run=/nonexistent/run", "run \(guest.flags) \(other)",
                "setup-nat \(guest.world.flags) \(other)", "plan \(guest.flags)", "doctor \(guest.flags)", "plan \(guest.flags) \(other)",
            ] {
                let result = try Shell.run("\(World.boot) \(line)", timeout: 60)
                #expect(result.status == 75, "\(result)")
                #expect((result.errors + result.output).contains("a guest is running, process \(running.pid)"), "\(result)")
            }
            #expect(try Shell.must("cd \(guest.world.directory)/other && rm qemu.json && ls").isEmpty, "a refused start leaves nothing")
            rmdir(guest.world.directory + "/other")
            #expect(try Shell.must("nft list table inet macos_virt") == firewall)
            #expect(try Shell.must("ip -j link show tap0").contains("tap0"))
            // The disk is claimed by its number: another node of it is refused too.
            let node = guest.world.directory + "/node"
            try Shell.must("mknod \(node) b $(stat -c '0x%t 0x%T' \(guest.disk))")
            let second = try Shell.run("python3 -c 'import os; os.open(\"\(node)\", os.O_RDWR | os.O_EXCL)'")
            #expect(second.status != 0 && second.errors.contains("Device or resource busy"), "\(second)")
            unlink(node)
            // Killed, it leaves its socket, and the next `boot down` removes that as well.
            kill(running.pid, SIGKILL)
            running.stop()
            #expect(FileManager.default.fileExists(atPath: guest.world.directory + "/run/qmp/qmp.sock"))
            unlink(guest.world.directory + "/seen.json")
            #expect(try guest.world.boot("plan --facts /nonexistent").status == 66)
            #expect(try guest.world.boot("down").status == 0)
            #expect(try guest.world.look() == before)
        }

        /// Between setup-nat and run-qemu nobody holds a lock.
        @Test func anotherStateDirectoryKeepsTheFirewall() throws {
            let world = try World()
            let before = try world.look()["links and addresses"]
            try #require(try world.boot("setup-nat").status == 0)
            let firewall = try Shell.must("nft list table inet macos_virt")
            let other = world.directory + "/other"
            // Whatever tap it is told, too.
            for (make, more) in [("true", ""), ("mkdir -m 700 \(other)", ""), ("true", "--set network.tap=tap7")] {
                try Shell.must(make)
                let result = try Shell.run("\(World.boot) down \(world.flags) --set state.run=\(other) \(more)", timeout: 60)
                #expect(result.status == 75 && result.errors.contains("boot made tap0 with another state directory"), "\(result)")
                #expect(try Shell.must("nft list table inet macos_virt") == firewall)
                _ = rmdir(other)
            }
            // Without its journal.
            try Shell.must("kill $(cat $(find \(world.directory)/run -name '*.pid'))")
            try Shell.must("rm -r \(world.directory)/run && ip link delete tap0")
            #expect(try world.boot("down").status == 0)
            #expect(try Shell.run("nft list table inet macos_virt").status != 0)
            #expect(try world.look()["links and addresses"] == before)
        }
    }
}
