import BootSettings
package import Diagnostics
import Foundation
package import HostSupport
import LinuxSupport
import NetworkValues
package import QemuArgs
package import SystemPackage

/// A virtual machine that can be started, with what has to be written before.
package struct MachinePlan: Equatable, Sendable {
    package var machine: LinuxMachine
    package var accelerator: LocalAccelerator
    /// The boot.toml that goes to the VM.
    package var configuration: GuestConfiguration
    /// Of the guest's screen; nil when the user's configuration decides about the screen.
    package var password: String?
    /// What the user should know before the start.
    package var notes: [String] = []
    /// OVMF's variables, of which this machine gets a copy.
    package var variablesTemplate: FilePath?

    /// What tells the guest its name and accounts.
    private let seed: MachineSeed?

    /// Names in the directory of the run.
    private static let (configurationName, variablesName, controlName) = ("configuration.img", "variables.fd", "qmp.sock")
    private static let (passwordName, seedName) = ("vnc-password", "seed.iso")
    private static let useOther = "name the disk image or device with macOS on it with --macos"

    /// - Parameters:
    ///   - directory: where the run's files are going to be.
    ///   - password: eight characters, which is all that VNC knows.
    /// - Throws: when the request cannot be met.
    package init(
        _ request: MachineRequest, on here: ThisMachine, in directory: FilePath, password: String
    ) throws(OperationError) {
        accelerator = try LocalAccelerator.choose(request.accelerator, kvm: here.kvm, nesting: here.nesting)
        let linux =
            request.isDirect
            ? try LinuxStart.kernel(at: request.linux, adding: request.append) : try LinuxStart.disk(at: request.linux)
        let macOS = try DiskFile("the macOS disk", at: request.macOS, remedy: Self.useOther)
        if !request.snapshot {
            if case .disk(let image) = linux { try ImageLock.check(image.path, to: "use") }
            try ImageLock.check(macOS.path, to: "use")
        }
        let openCore = try request.openCore.map { (path) throws(OperationError) in
            try DiskFile("the OpenCore disk", at: path, remedy: "make it with `macos-virt mkopencore`, or leave --opencore out")
        }
        let installer = try request.installer.map { (path) throws(OperationError) in
            try DiskFile("the installer disk", at: path, remedy: "make it with `macos-virt mkinstaller`")
        }
        seed = try request.seed.map { (path) throws(OperationError) in try MachineSeed(at: path) }
        let memory = try LocalMemory.choose(request.memory, available: here.availableMemory, accelerator.kind)
        let vcpus = request.vcpus ?? (accelerator.kind == .kvm ? here.cpus : 1)

        var firmware = LocalFirmware.bios
        if (request.firmware ?? (request.isDirect ? .bios : .uefi)) == .uefi {
            let pair = try LocalFirmware.installed(below: here.root)
            variablesTemplate = pair.template
            firmware = .uefi(code: pair.code, variables: directory.appending(Self.variablesName))
        }

        let file = try request.configuration.map { (path) throws(OperationError) in
            try ConfigurationFile.parse(ConfigurationFile.bytes(path), name: path.string)
        }
        var presets = [Self.preset("disk.device", "serial:" + LinuxMachine.macOSSerial)]
        let settings = (file ?? []) + KernelCommandLine.assignments(request.append ?? "") + request.sets.map(\.assignment)
        if openCore != nil { presets.append(Self.preset("firmware.bootloader", LinuxMachine.openCorePath)) }
        if installer != nil {
            presets.append(Self.preset("disk.installer", LinuxMachine.installerPath(behindOpenCore: openCore != nil)))
        }
        if seed != nil {
            presets.append(Self.preset("guest.seed", LinuxMachine.seedPath(behind: [openCore, installer].count { $0 != nil })))
        }
        if let openCore, !settings.contains(where: { ["guest.uuid", "guest.mac", "guest.identity"].contains($0.key) }) {
            if let identity = request.identity {
                presets += [Self.preset("guest.uuid", identity.uuid), Self.preset("guest.mac", identity.mac.description)]
            } else {
                notes.append(
                    "there is no identity file beside \(openCore.path): macOS may see one MAC address in its network card and another "
                        + "in OpenCore's ROM; set guest.mac and guest.uuid")
            }
        }
        if accelerator.kind == .emulation {
            let choice = try EmulatedGuestFirmware.choose(settings: settings, openCore: openCore)
            if choice == .bios { presets.append(Self.preset("firmware.type", Configuration.FirmwareType.bios.rawValue)) }
            if let note = choice.note { notes.append(note) }
        }
        if !settings.contains(where: { $0.key.hasPrefix("display.") }) {
            self.password = password
            // Only this machine reaches it, through the user network of the VM; `boot` requires a password anyway.
            presets.append(Self.preset("display.vnc", "0.0.0.0:0"))
            presets.append(Self.preset("display.vnc_password_file", "\(ConfigurationDisk.place)/\(Self.passwordName)"))
        }
        configuration = try GuestConfiguration(
            presets: presets, file: file ?? [], kernelCommandLine: request.append ?? "", flags: request.sets)
        try macOS.check(atLeast: configuration.configuration.disk.minimum, "the macOS disk", remedy: Self.useOther)

        machine = LinuxMachine(
            accelerator: accelerator.kind, vcpus: vcpus, memoryMiB: memory, firmware: firmware, linux: linux, bus: request.bus,
            macOS: macOS,
            snapshot: request.snapshot, openCore: openCore, installer: installer,
            seed: seed.map { seed in
                if case .disk(let disk) = seed { disk } else { DiskFile(path: directory.appending(Self.seedName), format: .raw) }
            },
            configuration: directory.appending(Self.configurationName),
            ports: try PortMap.choose(request.forwards, free: here.freePort),
            uuid: MachineIdentity.uuid(disk: macOS.path, here.root), control: directory.appending(Self.controlName))
        guard machine.control.string.utf8.count < LocalSocket.pathLimit else {
            throw OperationError(
                "create socket", machine.control.string, cause: "the path is too long for a Unix socket",
                remedy: "set TMPDIR to a shorter path", exit: .cantCreate)
        }
    }

    /// QEMU's arguments.
    /// - Throws: `usage` for a value that QEMU would refuse.
    package func commandLine() throws(OperationError) -> QemuCommandLine {
        do {
            return try machine.commandLine()
        } catch {
            throw OperationError("plan", "QEMU's command line", cause: error.description, exit: .usage)
        }
    }

    /// Writes the files that the machine starts from.
    /// - Parameter draft: the directory that the plan was made for.
    package func prepare(_ draft: Draft) async throws(OperationError) {
        var files = ["boot.toml": configuration.text]
        // Without a newline, which would belong to it.
        if let password { files[Self.passwordName] = password }
        try await ConfigurationDisk(files: files).write(Self.configurationName, in: draft)
        if let image = try seed?.image(for: draft.path(Self.seedName)) {
            // It can have the hash of a password.
            try DraftFile.write(Data(image), to: draft.path(Self.seedName), mode: 0o600)
        }
        guard let variablesTemplate else { return }
        do {
            try FileManager.default.copyItem(atPath: variablesTemplate.string, toPath: draft.path(Self.variablesName).string)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: draft.path(Self.variablesName).string)
        } catch {
            throw OperationError("copy", variablesTemplate.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }

    private static func preset(_ key: String, _ value: String) -> ConfigurationAssignment {
        ConfigurationAssignment(key, .text(value), .program("macos-virt run"))
    }
}
