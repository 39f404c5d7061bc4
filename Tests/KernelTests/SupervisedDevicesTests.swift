import Foundation
import Testing

extension InPrivateNetwork {
    /// Disks that come and go while a guest runs, and VNC's password. The QEMU is a real one, and may open nothing itself.
    @Suite(.enabled(if: SupervisedGuest.qemu != nil, "needs qemu-system-x86_64"))
    struct SupervisedDevices {
        @Test func disks() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let directory = guest.world.directory + "/media"
            // QEMU's user can neither read the files nor enter their directory.
            try Shell.must(
                """
                mkdir -m 700 \(directory) && cd \(directory) && umask 077 &&
                head -c 1M /dev/zero | tr '\\0' '\\7' >one.img && truncate -s 8M two.img && qemu-img create -q -f qcow2 three.qcow2 16M &&
                qemu-img create -q -f qcow2 -F raw -b one.img four.qcow2
                """)
            let running = try guest.running()
            #expect(try guest.boot("disk list").output.isEmpty)
            let first = try guest.boot("disk attach \(directory)/one.img --read-only")
            #expect(first.status == 0 && first.output == "disk1\n", "\(first)")
            #expect(try guest.boot("disk attach \(directory)/two.img").output == "disk2\n")
            #expect(
                try guest.boot("disk list").output == "disk1  \(directory)/one.img  read-only\ndisk2  \(directory)/two.img\n")
            // What QEMU reads from it; it says so where the guest's serial port is.
            func read(_ pattern: Int) throws {
                let line = #"{"command-line": "qemu-io live-disk1 \"read -P \#(pattern) 0 4096\""}"#
                #expect(try guest.boot("qmp human-monitor-command '\(line)'").status == 0)
            }
            try read(7)
            try running.expect("read 4096/4096 bytes at offset 0")
            #expect(!running.text.contains("verification failed"))
            try read(8)
            try running.expect("verification failed")
            // Twice is refused, and leaves nothing behind; as is one that is in use, in whatever format.
            let twice = try guest.boot("disk attach \(directory)/two.img")
            #expect(twice.status == 75 && twice.errors.contains("lock"), "\(twice)")
            #expect(try guest.boot("disk attach \(directory)/one.img --id disk2").status == 75)
            #expect(try guest.boot("qmp query-fdsets").output.components(separatedBy: "fdset-id").count == 3)
            // Formats are not guessed.
            let unclear = try guest.boot("disk attach \(directory)/three.qcow2")
            #expect(unclear.status == 64 && unclear.errors.contains("--format qcow2"), "\(unclear)")
            #expect(try guest.boot("disk attach \(directory)/four.qcow2 --format qcow2").status == 65)
            #expect(try guest.boot("disk attach \(directory)/two.img --format qcow2").status == 65)
            #expect(try guest.boot("disk attach \(directory)/nothing").status == 66 && guest.boot("disk attach /dev/null").status == 66)
            #expect(try guest.boot("disk detach disk2").status == 0)
            #expect(try guest.boot("disk attach \(directory)/three.qcow2 --format qcow2 --id big").output == "big\n")
            #expect(try guest.boot("status --json").output.contains("\"name\":\"big\""))
            // A block device is nobody else's meanwhile.
            let device = try Shell.must("losetup --find --show \(directory)/two.img").trimmingCharacters(in: .whitespacesAndNewlines)
            let claim = "python3 -c 'import os; os.open(\"\(device)\", os.O_RDWR | os.O_EXCL)'"
            #expect(try guest.boot("disk attach \(device) --id block").output == "block\n")
            #expect(try Shell.run(claim).errors.contains("Device or resource busy"))
            #expect(try guest.boot("disk detach block").status == 0)
            #expect(try Shell.run(claim).status == 0)
            try Shell.must("losetup --detach \(device)")
            for id in ["disk1", "big"] { #expect(try guest.boot("disk detach \(id)").status == 0) }
            #expect(try guest.boot("disk detach big").status == 66 && guest.boot("disk detach system").status == 66)
            #expect(try guest.boot("disk list").output.isEmpty && guest.boot("qmp query-fdsets").output == "[]\n")
            #expect(try !guest.boot("qmp query-named-block-nodes").output.contains("live-"))
            // As a kill between the steps leaves it: a node without a device.
            let line = #"{"driver": "null-co", "node-name": "live-disk1-file", "read-zeroes": true}"#
            #expect(try guest.boot("qmp blockdev-add '\(line)'").status == 0)
            #expect(try guest.boot("disk attach \(directory)/one.img --read-only").output == "disk2\n")
            for id in ["disk1", "disk2"] { #expect(try guest.boot("disk detach \(id)").status == 0) }
            #expect(try !guest.boot("qmp query-named-block-nodes").output.contains("live-"))
            #expect(try guest.boot("usb attach 0000:0000").status == 66 && guest.boot("usb list").status == 0)
            #expect(try guest.boot("stop --now --wait 60").status == 80)
            #expect(running.status(within: 30) == 80)
            try Shell.must("rm -r \(directory)")
        }

        /// By a client that answers the server's challenge.
        @Test func thePasswordOfVNC() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let (file, socket) = (guest.world.directory + "/password", guest.world.directory + "/qmp/vnc.sock")
            try Shell.must("umask 077 && printf first >\(file)")
            let flags = "--set display.vnc=unix:\(socket) --set display.vnc_password_file=\(file)"
            let running = try guest.running(flags)
            func isLetIn(by password: String) throws -> Bool { try Shell.run("\(Shell.tools)/vnc \(socket) \(password)").status == 0 }
            #expect(try isLetIn(by: "first") && !isLetIn(by: "second"))
            let change = "\(World.boot) vnc-password \(guest.world.flags) --set qemu.qmp=\(guest.world.directory)/qmp/qmp.sock"
            try Shell.must("echo second | \(change) \(flags)")
            #expect(try isLetIn(by: "second") && !isLetIn(by: "first"))
            try Shell.must("printf third >\(file) && \(change) \(flags) --file \(file) --expires 2")
            #expect(try isLetIn(by: "third"))
            sleep(3)
            #expect(try !isLetIn(by: "third"))
            #expect(try Shell.run("\(change) \(flags) </dev/null").status == 65)
            #expect(try Shell.run("echo x | \(change)").status == 78)
            #expect(try guest.boot("stop --now --wait 60").status == 80)
            #expect(running.status(within: 30) == 80)
            unlink(file)
        }
    }
}
