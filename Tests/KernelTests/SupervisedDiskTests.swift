import Foundation
import Testing

extension InPrivateNetwork {
    /// What a guest has written and heard to be written, it finds again, however it ended.
    @Suite(.enabled(if: SupervisedGuest.qemu != nil, "needs qemu-system-x86_64"))
    struct SupervisedDisk {
        /// The last number that the guest said, complete with its line end.
        private static func lastNumber(_ text: String) -> UInt32? {
            let end = text.lastIndex(of: "\n") ?? text.startIndex
            return text[..<end].split(separator: "\n").reversed().lazy.compactMap { $0.utf8.count == 8 ? UInt32($0, radix: 16) : nil }.first
        }

        /// The number in the sector where `number` was written: the same, or one that a later round wrote there.
        private static func stored(_ number: UInt32, _ disk: String) throws -> UInt32 {
            let sector = Int(number & 4095) + 64
            let text = try Shell.must(
                "dd if=\(disk) bs=512 skip=\(sector) count=1 iflag=direct status=none | od -An -v -tu4 | tr -s ' ' '\\n' | sort -u")
            let words = text.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
            // Each sector holds one number 128 times.
            guard words.count == 1, let word = words.first else { throw Shell.Failure(description: "sector \(sector) is torn: \(text)") }
            return word
        }

        /// Stops at random moments: by the button, by a hurry before and after it, by QEMU's own signal, and by the death of QEMU.
        @Test func fiftyStops() throws {
            let guest = try SupervisedGuest.make(.powersOff, writes: true)
            var random = SystemRandomNumberGenerator()
            let count = ProcessInfo.processInfo.environment["STOPS"].flatMap { Int($0) } ?? 50
            for round in 0..<count {
                let running = try guest.running("--set guest.on_crash=exit")
                usleep(.random(in: 0...400_000, using: &random))
                switch round % 6 {
                case 0: kill(try guest.status().qemu?.pid ?? running.pid, SIGKILL)
                case 2: #expect(try guest.boot("stop --now --wait 60").status == 80)
                case 3: kill(try guest.status().qemu?.pid ?? running.pid, SIGTERM)
                case 1:
                    kill(running.pid, SIGTERM)
                    usleep(.random(in: 0...20_000, using: &random))
                    kill(running.pid, SIGTERM)
                default: kill(running.pid, SIGTERM)
                }
                let status = running.status(within: 90)
                #expect([0, 80, 84].contains(status), "round \(round): \(running.text.suffix(2000))")
                guard let last = Self.lastNumber(running.text) else { continue }
                #expect(try Self.stored(last, guest.disk) >= last, "round \(round): \(last) was lost")
            }
        }

        /// Each stage up to `quit`, while it writes.
        @Test func aWriterThatIgnoresItsButton() throws {
            let guest = try SupervisedGuest.make(.ignores, writes: true)
            let running = try guest.running("--set guest.stop_timeout=1")
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 90) == 80, "\(running.text.suffix(2000))")
            let last = try #require(Self.lastNumber(running.text))
            #expect(try Self.stored(last, guest.disk) >= last)
        }

        /// A disk that fails once: the guest is stopped, that is reported, and the write that failed is repeated.
        @Test func aFailingDisk() throws {
            let guest = try SupervisedGuest.make(.powersOff, writes: true)
            let directory = guest.world.directory
            // The guest's number 236 goes to sector 300. QEMU's blkdebug is put between QEMU and the disk.
            try """
            [inject-error]
            event = "pwritev"
            errno = "5"
            sector = "300"
            once = "on"
            """.write(toFile: directory + "/blkdebug.conf", atomically: true, encoding: .utf8)
            try """
            #!/bin/sh
            count=$#
            while [ $count -gt 0 ]; do
                word=$1
                shift
                case $word in id=system-drive,*) word="${word%file=*}file=blkdebug:\(directory)/blkdebug.conf:${word##*file=}" ;; esac
                set -- "$@" "$word"
                count=$((count - 1))
            done
            exec \(SupervisedGuest.qemu ?? "") "$@"

            """.write(toFile: directory + "/qemu", atomically: true, encoding: .utf8)
            try Shell.must("chmod 755 \(directory)/qemu")
            let running = try guest.running("--set qemu.binary=\(directory)/qemu")
            let stopped = try guest.wait(for: "disk-error")
            #expect(
                stopped.events.contains { $0.text.contains("write error on disk system-drive: Input/output error") }, "\(stopped)")
            #expect(Self.lastNumber(running.text) == 235)
            #expect(try guest.boot("qmp cont").status == 0)
            let end = Date(timeIntervalSinceNow: 30)
            while Self.lastNumber(running.text) ?? 0 <= 240, Date() < end { usleep(50_000) }
            #expect(try Self.stored(236, guest.disk) >= 236)
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 60) == 0, "\(running.text.suffix(2000))")
            let last = try #require(Self.lastNumber(running.text))
            #expect(last > 240)
            #expect(try Self.stored(last, guest.disk) >= last)
        }

        /// A full disk stops the guest, is reported, and loses nothing: with space it goes on where it was.
        @Test func aFullDisk() throws {
            let directory = FileManager.default.temporaryDirectory.appending(path: "full-\(UUID().uuidString)").path
            try Shell.must("mkdir \(directory) && mount -t tmpfs -o size=512k full \(directory)")
            defer { _ = try? Shell.run("umount \(directory) && rmdir \(directory)") }
            let guest = try SupervisedGuest.make(.powersOff, writes: true, image: directory)
            let running = try guest.running()
            let stopped = try guest.wait(for: "disk-error")
            #expect(stopped.events.contains { $0.text.contains("write error on disk") }, "\(stopped)")
            #expect(try guest.boot("status --check").status == 75)
            let before = try #require(Self.lastNumber(running.text))
            // Nothing has changed: it stops again.
            #expect(try guest.boot("qmp cont").status == 0)
            _ = try guest.wait(for: "disk-error")
            try Shell.must("mount -o remount,size=16m \(directory)")
            #expect(try guest.boot("qmp cont").status == 0)
            let end = Date(timeIntervalSinceNow: 30)
            while Self.lastNumber(running.text) ?? 0 <= before + 2, Date() < end { usleep(50_000) }
            #expect(Self.lastNumber(running.text) ?? 0 > before + 2)
            #expect(try Self.stored(before + 1, guest.disk) >= before + 1, "the write that failed")
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 60) == 0, "\(running.text.suffix(2000))")
        }

        /// A disk that stays full: the guest cannot shut down, and is not waited for.
        @Test func aStopOfAFullDisk() throws {
            let directory = FileManager.default.temporaryDirectory.appending(path: "full-\(UUID().uuidString)").path
            try Shell.must("mkdir \(directory) && mount -t tmpfs -o size=512k full \(directory)")
            defer { _ = try? Shell.run("umount \(directory) && rmdir \(directory)") }
            let guest = try SupervisedGuest.make(.powersOff, writes: true, image: directory)
            let running = try guest.running()
            _ = try guest.wait(for: "disk-error")
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 60) == 80, "\(running.text.suffix(2000))")
            #expect(try guest.processes().isEmpty)
        }
    }
}
