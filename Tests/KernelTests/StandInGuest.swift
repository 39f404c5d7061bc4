import Foundation
import QemuArgs
import Testing

@testable import Booter

/// What `boot run` needs to get as far as QEMU without one: a disk, a program in QEMU's place and the answers of a real QEMU.
struct StandInGuest: ~Copyable {
    let world: World
    /// The node of the disk.
    let disk: String
    /// In QEMU's place.
    let program: String
    private let run: String

    /// - Parameter script: the program; a copy of Tools/stand-in-qemu without it.
    static func make(script: String? = nil) throws -> StandInGuest {
        let world = try World()
        let program = world.directory + "/qemu"
        if let script {
            try script.write(toFile: program, atomically: true, encoding: .utf8)
        } else {
            try FileManager.default.copyItem(atPath: Shell.tools + "/stand-in-qemu", toPath: program)
        }
        try Shell.must("chmod 755 \(program)")
        let image = world.directory + "/disk.img"
        try Shell.must("truncate -s 64M \(image)")
        let disk = try Shell.must("losetup --find --show \(image)").trimmingCharacters(in: .whitespacesAndNewlines)
        let guest = StandInGuest(world: world, disk: disk, program: program)
        try guest.answer()
        return guest
    }

    private init(world: consuming World, disk: String, program: String) {
        run = world.directory + "/run"
        self.world = world
        self.disk = disk
        self.program = program
    }

    var flags: String {
        "--accel tcg --disk \(disk) --set qemu.binary=\(program) --set firmware.type=bios --set network.wait=0 --set disk.wait=0"
            + " --set qemu.qmp=\(run)/qmp/qmp.sock " + world.flags
    }

    /// qemu.json below state.run stays after `boot down`, so that it is there before anything is compared.
    func answer() throws {
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        let size = try FileManager.default.attributesOfItem(atPath: program)[.size] as? Int
        let facts = QemuFacts(
            path: program, version: [7, 2, 0], machines: ["pc-q35-7.2"], devices: QemuDevice.allCases.map(\.rawValue),
            cpuModels: ["Skylake-Client-v4", "Haswell-noTSX", "Skylake-Client", "Haswell"], options: ["sandbox": []])
        let cache = QemuCache(size: size ?? 0, modified: nil, facts: facts)
        try JSONEncoder().encode(cache).write(to: URL(fileURLWithPath: run + "/qemu.json"))
    }

    /// A `boot run` beside the test.
    func start(_ more: String = "") throws -> Background { try Background("\(World.boot) run \(flags) \(more)") }

    /// Until the program in QEMU's place runs; what it was given.
    func seen() throws -> Data {
        let file = URL(fileURLWithPath: world.directory + "/seen.json")
        let end = Date().addingTimeInterval(20)
        while true {
            if let data = try? Data(contentsOf: file) { return data }
            guard Date() < end else { throw Shell.Failure(description: "boot run has not become the program") }
            usleep(10_000)
        }
    }

    deinit { _ = try? Shell.run("losetup --detach \(disk)") }
}
