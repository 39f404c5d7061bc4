import Diagnostics
import Foundation
import LinuxSupport
import SystemPackage
import Testing

@testable import BootSettings
@testable import Booter

extension InPrivateNetwork {
    /// A failure after each step in turn: the machine is as it was before.
    struct Unwinding {
        private static func configuration(_ world: borrowing World) throws -> LoadedConfiguration {
            let settings = ["state.run=\(world.directory)/run", "state.nvram=\(world.directory)/nvram/nvram.fd", "guest.accel=tcg"]
            var flags: [ConfigurationFlag] = []
            for setting in settings { flags.append(try ConfigurationFlag(set: setting)) }
            return try ConfigurationLoader.load(environment: [:], flags: flags)
        }

        private static func steps(_ loaded: LoadedConfiguration, persistent: Bool) throws -> [Step] {
            let facts = try LiveMachine(loaded.configuration).facts()
            var planner = Planner(configuration: loaded.configuration, facts: facts)
            planner.persistentTap = persistent
            return planner.plan().steps.filter { $0.stage == .network }
        }

        /// A step that cannot succeed.
        private static let impossible = Step.claimDisk(path: "/dev/null", size: 1)

        @Test(arguments: [true, false]) func afterEveryStep(persistent: Bool) throws {
            let world = try World()
            let before = try world.look()
            let loaded = try Self.configuration(world)
            let steps = try Self.steps(loaded, persistent: persistent)
            try #require(steps.count > 8)
            for count in 0...steps.count {
                var applier = Applier(journal: try Journal.fresh(directory: loaded.configuration.state.run))
                var failed = false
                do {
                    for step in steps.prefix(count) { try applier.apply(step) }
                    try applier.apply(Self.impossible)
                } catch {
                    failed = true
                    #expect(error.object == "/dev/null", "after \(count) steps: \(error)")
                }
                #expect(failed)
                #expect(applier.unwind() == [])
                let after = try world.look()
                #expect(after == before, "after \(count) steps, the last: \(steps.prefix(count).last?.title ?? "none")")
            }
        }

        /// Half of a step: the kernel refuses the firewall when the tap's name is taken by a table of rules that cannot be.
        @Test func withinAStep() throws {
            let world = try World()
            let loaded = try Self.configuration(world)
            let steps = try Self.steps(loaded, persistent: true)
            // dnsmasq's port is taken, so that its start fails when all else is up.
            let before = try world.look()
            let squatter = try Background("\(Shell.tools)/peer serve udp:53 tcp:53", ready: "ready")
            var applier = Applier(journal: try Journal.fresh(directory: loaded.configuration.state.run))
            #expect(throws: OperationError.self) { for step in steps { try applier.apply(step) } }
            #expect(applier.unwind() == [])
            squatter.stop()
            #expect(try world.look() == before)
        }

        /// What a killed `boot` left is undone by the next one, from the journal alone.
        @Test func anotherProcessFinishesTheUndoing() throws {
            let world = try World()
            let before = try world.look()
            let loaded = try Self.configuration(world)
            do {
                var applier = Applier(journal: try Journal.fresh(directory: loaded.configuration.state.run))
                for step in try Self.steps(loaded, persistent: true) { try applier.apply(step) }
            }
            #expect(try world.look() != before)
            #expect(try world.boot("down").status == 0)
            #expect(try world.look() == before)
        }
    }
}
