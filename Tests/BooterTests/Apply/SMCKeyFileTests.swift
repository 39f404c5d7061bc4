import Diagnostics
import Foundation
import Glibc
import Testing

@testable import BootSettings
@testable import Booter

struct SMCKeyFileTests {
    private let machine: ScratchMachine
    private var base: String { machine.directory.path }
    /// Nobody's key.
    private let key = String(repeating: "stand-in", count: 8)

    init() throws { machine = try ScratchMachine() }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try machine.write(text, to: "/key")
        try #require(chmod(base + "/key", mode) == 0)
    }

    @Test(arguments: ["", "\n", "\r\n"])
    func becomesADevice(end: String) throws {
        try write(key + end)
        try SMCKeyFile.copy(from: base + "/key", to: base + "/smc.cfg")
        #expect(
            try String(contentsOfFile: base + "/smc.cfg", encoding: .utf8)
                == "[device \"smc\"]\n  driver = \"isa-applesmc\"\n  osk = \"\(key)\"\n")
        let mode = try FileManager.default.attributesOfItem(atPath: base + "/smc.cfg")[.posixPermissions] as? Int
        #expect(mode == 0o400)
    }

    private func refusal() -> OperationError? {
        do {
            try SMCKeyFile.copy(from: base + "/key", to: base + "/smc.cfg")
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [mode_t(0o640), 0o604, 0o620, 0o602, 0o610, 0o601, 0o777])
    func aFileThatOthersReachIsRefused(mode: mode_t) throws {
        try write(key, mode: mode)
        let error = try #require(refusal())
        #expect(error.exitCode == 78 && error.remedy == "chmod 600 \(base)/key")
        #expect(!FileManager.default.fileExists(atPath: base + "/smc.cfg"))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func aFileOfAnotherUserIsRefused() throws {
        try write(key)
        try #require(chown(base + "/key", 65_534, 0) == 0)
        let error = try #require(refusal())
        #expect(error.exitCode == 78 && error.remedy == "chown root \(base)/key")
        #expect(!FileManager.default.fileExists(atPath: base + "/smc.cfg"))
    }

    @Test func whatIsNoFileIsRefused() throws {
        try #require(mkfifo(base + "/key", 0o600) == 0)
        #expect(refusal()?.exitCode == 78)
        try FileManager.default.removeItem(atPath: base + "/key")
        try #require(mkdir(base + "/key", 0o700) == 0)
        #expect(refusal()?.exitCode == 78)
    }

    /// No message has any of it.
    @Test(arguments: [1, 63, 65, 0])
    func whatIsNoKeyIsRefusedWithoutBeingShown(length: Int) throws {
        let text = String((key + "more").prefix(length))
        try write(text)
        let error = try #require(refusal())
        #expect(error.exitCode == 78 && (length < 8 || !error.description.contains(text.prefix(8))))
        try write(String(key.dropLast()) + "\"")
        #expect(refusal()?.exitCode == 78)
        try FileManager.default.removeItem(atPath: base + "/key")
        #expect(refusal()?.exitCode == 66)
    }

    /// The plan has the place of the key and nothing of the key, in whichever form it is shown.
    @Test func thePlanDoesNotKnowIt() throws {
        try write(key)
        let plan = Sample.plan(.with { $0.guest.oskFile = base + "/key" })
        let argv = try #require(plan.qemu?.argv)
        #expect(zip(argv, argv.dropFirst()).contains { $0 == "-readconfig" && $1 == "/run/macos-virt/smc.cfg" })
        #expect(plan.steps.contains(.copyKey(from: base + "/key", to: "/run/macos-virt/smc.cfg")))
        for text in [PlanText(plan: plan).description, try Output.json(plan)] { #expect(!text.contains("stand-in")) }
    }

    @Test func aQemuWithoutTheDeviceIsRefused() {
        var facts = Sample.facts
        facts.qemu?.devices.removeAll { $0 == "isa-applesmc" }
        let plan = Planner(configuration: .with { $0.guest.oskFile = "/key" }, facts: facts).plan()
        #expect(plan.refusal?.message.contains("isa-applesmc") == true)
    }
}
