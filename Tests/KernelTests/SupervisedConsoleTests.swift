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
            try Shell.must("\(Shell.tools)/console --run \(World.boot) \(guest.flags)", timeout: 120)
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
