import ArgumentParser
import BootSettings
import Diagnostics
import Foundation
import HostSupport
import LinuxVM
import NetworkValues
import OpenCoreImage
import QemuArgs
import SystemPackage

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start the Linux image on this machine, with macOS in it.",
        discussion: """
            This terminal shows the Linux VM's serial console, with the output of boot and the guest's serial port. Ctrl-C presses the \
            VM's power button; a second one ends everything at once. The VM uses KVM if that supports nesting, and emulation otherwise, \
            which is slow and only for trying things out. If boot fails in the VM, its exit code is that of this command.
            """)

    @Option(help: "A directory made by mklinux, or an image.") var linux = "build/linux"
    @Flag(help: "Start vmlinuz and initrd of that directory instead of the image.") var direct = false
    @Option(help: "With --direct: additional words for the kernel command line.") var append: String?
    @Option(help: "The disk with macOS: an image, raw or qcow2, or a device.") var macos: String
    @Option(help: "Make the disk of --macos, empty and of this size: 64G. It must not exist.") var create: String?
    @Option(help: "A disk with an installer or recovery of macOS, which the guest can read.") var installer: String?
    @Option(
        help: "What tells macOS its name, accounts and keys: a directory with user-data, a file of user-data, or a disk labelled cidata.")
    var userData: String?
    @Flag(help: "Write nothing to the disks: changes are lost at the end.") var snapshot = false
    @Option(help: "The OpenCore disk, if the Linux image does not contain one.") var opencore: String?
    @Option(help: "A boot.toml for boot.") var config: String?
    @Option(name: .customLong("set"), help: "Set a key of boot.toml: SECTION.KEY=VALUE. Repeatable.") var sets: [String] = []
    @Option(help: "vCPUs of the Linux VM, or auto: all with KVM, 1 in emulation.") var vcpus = "auto"
    @Option(help: "Memory of the Linux VM: 8G, 4096M, or auto: 3/4 of what is available with KVM, 6656M in emulation.") var memory = "auto"
    @Option(help: "uefi or bios. (uefi, or bios with --direct)") var firmware: LocalFirmware.Kind?
    @Option(help: "The controller of the disks: virtio-scsi, ahci or nvme.") var diskBus = DiskBus.virtioSCSI
    @Option(
        name: .customLong("forward"),
        help: "HERE:THERE, a port of 127.0.0.1 and the port of the VM that it leads to; HERE 0 is any free port. (10022, 15900 and 5900)")
    var forwards: [PortMap.Forward] = []
    @Option(help: "auto, kvm or emulation.") var accelerator = LocalAccelerator.Wish.auto
    @Flag(help: "First print a line of JSON with pid, ports and argv.") var json = false
    @Flag(help: "Print QEMU's command line without starting it.") var dryRun = false

    func validate() throws {
        if create != nil && dryRun { throw ValidationError("--create makes the disk, and --dry-run makes nothing") }
        if append != nil && !direct { throw ValidationError("--append needs --direct; an image has its own kernel command line") }
    }

    func run() async throws {
        let request = try request()
        let qemu = try Tool("qemu-system-x86_64", from: "qemu-system-x86").find()
        if dryRun { return try show(request, qemu) }
        let say = StepProgress(steps: 0)
        let temporary = FilePath(FileManager.default.temporaryDirectory.path)
        if let create { try NewDisk.make(request.macOS, size: create) }
        let outcome = try await Draft.with(in: temporary) { (draft) throws(OperationError) in
            let (plan, arguments) = try await ready(request, draft)
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
                "run", qemu.string, cause: "it ended with status \(status); its messages are above",
                remedy: "look at its command line with --dry-run", exit: .software)
        case .bootFailed(let code):
            throw OperationError(
                "run", "boot in the Linux VM", cause: "it failed with exit code \(code); its messages are above",
                remedy: "correct what they name", exit: ExitStatus(rawValue: code) ?? .software)
        case .forced: throw OperationError("run", qemu.string, cause: "ended before the guest was off", exit: .interrupted)
        }
    }

    /// The plan and QEMU's arguments, with everything written that QEMU reads. A disk that was made for a start that is refused is removed.
    private func ready(_ request: MachineRequest, _ draft: Draft) async throws(OperationError) -> (MachinePlan, [String]) {
        do {
            let plan = try MachinePlan(request, on: try .live(), in: draft.directory, password: Self.password())
            try await plan.prepare(draft)
            return (plan, try plan.commandLine().argv)
        } catch {
            if create != nil { try? FileManager.default.removeItem(atPath: request.macOS.string) }
            throw error
        }
    }

    private func request() throws -> MachineRequest {
        var request = MachineRequest(macOS: FilePath(macos))
        (request.linux, request.isDirect, request.append) = (FilePath(linux), direct, append)
        (request.openCore, request.snapshot) = (opencore.map { FilePath($0) }, snapshot)
        request.identity = try request.openCore.flatMap { (path) throws(OperationError) in try IdentityFile.read(beside: path) }.map {
            MachineRequest.Identity(uuid: $0.uuid, mac: $0.mac)
        }
        request.installer = installer.map { FilePath($0) }
        request.seed = userData.map { FilePath($0) }
        request.configuration = config.map { FilePath($0) }
        request.sets = try sets.map { (text) throws(OperationError) in try ConfigurationFlag(set: text) }
        request.vcpus = try MachineRequest.vcpus(vcpus)
        request.memory = try MachineRequest.memory(memory)
        (request.firmware, request.bus) = (firmware, diskBus)
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

    /// Eight characters, VNC's maximum, without those that look alike: 40 bits.
    private static func password() -> String {
        String((0..<8).compactMap { _ in "abcdefghijkmnpqrstuvwxyz23456789".randomElement() })
    }

    /// Writes one line without the buffer of standard output, because the console's bytes follow it.
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
