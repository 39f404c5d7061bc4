import Foundation
import Testing

/// `boot run --supervise` with a real QEMU and a guest of one sector: Tools/guest.s.
struct SupervisedGuest: ~Copyable {
    /// What the guest does when its power button is pressed.
    enum Behaviour: Int { case powersOff, ignores, restarts, panics }

    let world: World
    /// The node of the disk.
    let disk: String

    static let qemu = ["/usr/bin", "/usr/local/bin"].map { $0 + "/qemu-system-x86_64" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// - Parameters:
    ///   - writes: the guest fills its disk with numbers.
    ///   - directory: where the image is made; below the world's own without it.
    static func make(_ behaviour: Behaviour, writes: Bool = false, image directory: String? = nil) throws -> SupervisedGuest {
        let world = try World()
        let image = (directory ?? world.directory) + "/disk.img"
        let code = world.directory + "/guest"
        try Shell.must(
            """
            as --32 --defsym BEHAVIOUR=\(behaviour.rawValue) --defsym WRITE=\(writes ? 1 : 0) -o \(code).o \(Shell.tools)/guest.s &&
            ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o \(code).bin \(code).o &&
            truncate -s 64M \(image) && dd if=\(code).bin of=\(image) conv=notrunc status=none && rm \(code).o \(code).bin
            """)
        let disk = try Shell.must("losetup --find --show \(image)").trimmingCharacters(in: .whitespacesAndNewlines)
        let guest = SupervisedGuest(world: world, disk: disk)
        try Shell.must("mkdir -p \(guest.world.directory)/run")
        return guest
    }

    private init(world: consuming World, disk: String) {
        self.disk = disk
        self.world = world
    }

    var flags: String {
        "--accel tcg --disk \(disk) --vcpus 1 --memory 1536M --set disk.overwrite=true --set firmware.type=bios --set network.wait=0"
            + " --set disk.wait=0 --set qemu.qmp=\(world.directory)/qmp/qmp.sock " + world.flags
    }

    func start(_ more: String = "", wrapper: String = "") throws -> Background {
        try Background("\(wrapper) \(World.boot) run --supervise \(flags) \(more)")
    }

    /// Starts it and waits until the guest has said that it runs.
    func running(_ more: String = "", wrapper: String = "") throws -> Background {
        let running = try start(more, wrapper: wrapper)
        try running.expect("the guest runs", within: 60)
        return running
    }

    /// A command of `boot` for this guest.
    @discardableResult
    func boot(_ words: String, timeout: Int = 60) throws -> Shell.Result {
        try Shell.run("\(World.boot) \(words) --set qemu.qmp=\(world.directory)/qmp/qmp.sock \(world.flags)", timeout: timeout)
    }

    struct Status: Decodable {
        struct Process: Decodable { var pid: Int32 }
        struct Entry: Decodable { var text: String }
        var phase: String
        var starts: Int
        var stopRequested: Bool
        var qemu: Process?
        var events: [Entry]
    }

    func status() throws -> Status {
        let result = try boot("status --json")
        guard result.succeeded else { throw Shell.Failure(description: "\(result)") }
        return try JSONDecoder().decode(Status.self, from: Data(result.output.utf8))
    }

    /// By a validator of JSON schemas: docs/status.schema.json.
    func checkStatus() throws {
        let schema = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/status.schema.json").path
        let check = "import json, jsonschema, sys; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))"
        let status = "\(World.boot) status --json \(world.flags)"
        try Shell.must("\(status) | python3 -c '\(check)' \(schema)")
    }

    /// Waits until the supervisor says that a phase has come, with at least so many starts.
    func wait(for phase: String, starts: Int = 1, within seconds: Double = 60) throws -> Status {
        let end = Date(timeIntervalSinceNow: seconds)
        while true {
            let status = try status()
            if status.phase == phase, status.starts >= starts { return status }
            guard Date() < end else { throw Shell.Failure(description: "waiting for \(phase) with \(starts) starts: \(status)") }
            usleep(50_000)
        }
    }

    /// As `World.look`, without QEMU's answers, which stay after the first start.
    func look() throws -> [String: String] {
        var look = try world.look()
        look["files"] = look["files"]?.split(separator: "\n").filter { $0 != "./run/qemu.json" }.joined(separator: "\n")
        return look
    }

    /// The processes that hold the disk or run as this guest.
    func processes() throws -> String { try Shell.must("pgrep -fa '[q]emu-system.*\(disk)[ ,]' || true") }

    deinit { _ = try? Shell.run("losetup --detach \(disk)") }
}
