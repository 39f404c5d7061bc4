import ArgumentParser
import Diagnostics
import Foundation
import HostSupport
import LinuxVM
import QemuArgs
import SystemPackage

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start the Linux image on this machine, with macOS in it.",
        discussion: """
            The Linux VM's serial console, on which boot and the guest's serial port speak too, is on this terminal. Ctrl-C presses the \
            VM's power button; a second one ends everything at once. It uses KVM where that nests, and emulates elsewhere: slow, for \
            trying out only.
            """)

    @Option(help: "A directory of mklinux, or an image.") var linux = "build/linux"
    @Flag(help: "Start vmlinuz and initrd of that directory, without the image.") var direct = false
    @Option(help: "With --direct: further words for the kernel's command line.") var append: String?
    @Option(help: "The disk with macOS: an image, raw or qcow2, or a device.") var macos: String
    @Flag(help: "Write nothing to the disks: what the guest changes is gone afterwards.") var snapshot = false
    @Option(help: "The OpenCore disk image, where the Linux image has none.") var opencore: String?
    @Option(help: "A boot.toml for boot.") var config: String?
    @Option(name: .customLong("set"), help: "A key of it, as SECTION.KEY=VALUE; may be repeated.") var sets: [String] = []
    @Option(help: "vCPUs of the Linux VM (default: all with KVM, 1 in emulation).") var vcpus: Int?
    @Option(help: "Its memory in MiB (default: 3/4 of what is available with KVM, 6656 in emulation).") var memory: Int?
    @Option(help: "uefi or bios (default: uefi; bios with --direct).") var firmware: LocalFirmware.Kind?
    @Option(help: "virtio-scsi, ahci or nvme: how it sees its disks.") var diskBus = DiskBus.virtioSCSI
    @Option(
        name: .customLong("forward"),
        help: "HERE:THERE, a port of 127.0.0.1 that leads to a port of the VM; HERE 0 is any. (default: 10022, 15900 and 5900)")
    var forwards: [PortMap.Forward] = []
    @Option(help: "auto, kvm or emulation.") var accelerator = LocalAccelerator.Wish.auto
    @Flag(help: "Before the console, one line of JSON on standard output: pid, ports, argv.") var json = false
    @Flag(help: "Print QEMU's command line and start nothing.") var dryRun = false

    func validate() throws {
        if append != nil && !direct { throw ValidationError("--append is for the kernel of --direct; an image has its own words") }
        if let vcpus, !(1...1024).contains(vcpus) { throw ValidationError("--vcpus is a number from 1 to 1024") }
    }

    func run() async throws {
        let request = try request()
        let qemu = try Tool("qemu-system-x86_64", from: "qemu-system-x86").find()
        if dryRun { return try show(request, qemu) }
        let say = StepProgress(steps: 0)
        let temporary = FilePath(FileManager.default.temporaryDirectory.path)
        let outcome = try await Draft.with(in: temporary) { (draft) throws(OperationError) in
            let plan = try MachinePlan(request, on: try .live(), in: draft.directory, password: Self.password())
            try await plan.prepare(draft)
            let arguments = try plan.commandLine().argv
            say.say(Greeting(plan).text)
            let supervisor = Supervisor(program: qemu, arguments: arguments, control: plan.machine.control)
            return try await supervisor.run { pid in
                if json { Self.announce(StartReport(plan, argv: [qemu.string] + arguments, pid: pid)) }
            } say: {
                say.say("macos-virt: " + $0)
            }
        }
        switch outcome {
        case .ended(0): return
        case .ended(let status):
            throw OperationError(
                "run", qemu.string, cause: "it ended with status \(status); its own words are above",
                remedy: "--dry-run shows its command line", exit: .software)
        case .forced: throw OperationError("run", qemu.string, cause: "ended before the guest was off", exit: .interrupted)
        }
    }

    private func request() throws -> MachineRequest {
        var request = MachineRequest(macOS: FilePath(macos))
        (request.linux, request.isDirect, request.append) = (FilePath(linux), direct, append)
        (request.openCore, request.snapshot) = (opencore.map { FilePath($0) }, snapshot)
        request.configuration = config.map { FilePath($0) }
        request.sets = try sets.map {
            guard let assignment = GuestConfiguration.Assignment($0) else {
                throw ValidationError("--set \($0): not of the form SECTION.KEY=VALUE")
            }
            return assignment
        }
        (request.vcpus, request.memory, request.firmware, request.bus) = (vcpus, memory, firmware, diskBus)
        (request.forwards, request.accelerator) = (forwards, accelerator)
        return request
    }

    private func show(_ request: MachineRequest, _ qemu: FilePath) throws {
        let directory = FilePath(FileManager.default.temporaryDirectory.path).appending("macos-virt-XXXXXX")
        let plan = try MachinePlan(request, on: try .live(), in: directory, password: "********")
        let line = try plan.commandLine()
        if json { return Self.announce(StartReport(plan, argv: [qemu.string] + line.argv)) }
        print(Greeting(plan).text)
        print("\nboot.toml:")
        for text in plan.configuration.text.split(separator: "\n") { print("  " + text) }
        print("\ncommand line:\n  " + qemu.string)
        for text in line.lines { print("  " + text) }
    }

    /// Eight characters, which is all that VNC knows, without those that look like others: 40 bits.
    private static func password() -> String {
        String((0..<8).compactMap { _ in "abcdefghijkmnpqrstuvwxyz23456789".randomElement() })
    }

    /// One line, past the buffer of standard output: the console's bytes come behind it.
    private static func announce(_ report: StartReport) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try? FileHandle.standardOutput.write(contentsOf: ((try? encoder.encode(report)) ?? Data()) + Data("\n".utf8))
    }
}

extension LocalFirmware.Kind: ExpressibleByArgument {}
extension DiskBus: ExpressibleByArgument {}
extension LocalAccelerator.Wish: ExpressibleByArgument {}
extension PortMap.Forward: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
