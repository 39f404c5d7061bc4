package import AppleInstaller
package import BootSettings
package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import Glibc
import HostSupport
import LinuxSupport
package import LinuxVM
import NetworkValues
import QemuArgs
import Synchronization
package import SystemPackage

/// Makes an installed macOS disk: what `mkimage` does, from its request to the published image.
package struct InstallBuilder: Sendable {
    package let request: InstallRequest
    package let progress: InstallProgress
    /// The Mac that an OpenCore disk makes of the guest, and its serial numbers, which no transcript has.
    package typealias Mac = (identity: MachineRequest.Identity, serials: [String])
    /// Makes an OpenCore disk at this path, with its identity beside it.
    private let makeOpenCore: @Sendable (FilePath, MacOSRelease) async throws(OperationError) -> Mac
    /// Compares a disk with a version and build.
    private let verifyDisk: @Sendable (FilePath, MacOSIdentity) throws(OperationError) -> Void
    private let madeBy: String

    package init(
        _ request: InstallRequest, progress: InstallProgress, madeBy: String,
        makeOpenCore: @escaping @Sendable (FilePath, MacOSRelease) async throws(OperationError) -> Mac,
        verifyDisk: @escaping @Sendable (FilePath, MacOSIdentity) throws(OperationError) -> Void
    ) {
        (self.request, self.progress, self.madeBy) = (request, progress, madeBy)
        (self.makeOpenCore, self.verifyDisk) = (makeOpenCore, verifyDisk)
    }

    /// MiB. macOS's installer needs 4 GiB; with 8 it is quicker.
    private static let (usualMemory, goodMemory) = (8192, 4096)
    /// Bytes that an installation of macOS takes.
    private static let usualContent = 30 << 30

    /// - Throws: the failure of the installation, or why it cannot begin; what was completed stays in the work directory.
    package func build() async throws(OperationError) {
        try Destination.check(all: outputs(withOpenCore: request.openCore == nil))
        try ImageLock.check(request.output)
        let source = try InstallSource(request.installer)
        guard let size = ByteSize.parse(request.size) else {
            throw OperationError(
                "use", "--size \(request.size.printable)", cause: "it is not a size", remedy: "give one such as 64G", exit: .usage)
        }
        var policy = InstallationPolicy(factor: request.emulates ? InstallationPolicy.emulated : 1)
        for change in request.policy {
            guard policy.set(change.name, change.number) else {
                throw OperationError("use", "--policy \(change.name.printable)", cause: "there is no such time or limit", exit: .usage)
            }
        }
        let table = if let path = request.keys { try KeyTable(reading: path) } else { try KeyTable.standard() }
        let ways = try table.ways(release: source.release.rawValue, language: request.language)
        let host = try await InstallHost.live(emulates: request.emulates)
        let work = try WorkDirectory(beside: request.output)
        let state = try begin(work, source, size)
        let temporary = FilePath(FileManager.default.temporaryDirectory.path)
        let path = work.path
        do throws(OperationError) {
            try await Draft.with(in: temporary) { (sockets) throws(OperationError) in
                try await install(path, state, source, size, ways, policy, host, control: sockets.path("qmp.sock"))
            }
        } catch {
            if FileManager.default.fileExists(atPath: transcriptDirectory(path).string) {
                progress.say("transcript: \(transcriptDirectory(path)); macos-virt mkimage explain tells what it says")
            }
            throw error
        }
        work.remove()
    }

    private func transcriptDirectory(_ work: FilePath) -> FilePath { request.transcript ?? work.appending("transcript") }

    private var openCoreOutput: FilePath {
        request.output.removingLastComponent().appending((request.output.stem ?? "macos") + "-opencore.img")
    }

    private func identityPath(_ image: FilePath) -> FilePath {
        image.removingLastComponent().appending((image.stem ?? "opencore") + ".identity.json")
    }

    private func outputs(withOpenCore: Bool) -> [FilePath] {
        [request.output, ManifestFile.path(beside: request.output)]
            + (withOpenCore ? [openCoreOutput, identityPath(openCoreOutput)] : [])
    }

    // MARK: - The beginning

    /// What was begun earlier, when it is to be continued; a new beginning otherwise.
    private func begin(_ work: borrowing WorkDirectory, _ source: InstallSource, _ size: Int) throws(OperationError) -> InstallState {
        let origin = InstallState.Origin(
            installer: source.disk.path.string, installerSize: source.size, version: source.identity.version.description,
            build: source.identity.build.description, size: size, openCore: request.openCore?.string,
            provisioning: request.provisioning?.digest)
        let earlier = request.restarts ? nil : try work.state()
        guard let earlier else {
            guard !request.resumes else {
                throw OperationError(
                    "continue", request.output.string, cause: "there is nothing to continue in \(work.path)", remedy: "leave --resume out",
                    exit: .noInput)
            }
            try work.clear()
            try FreeSpace.require(min(size, Self.usualContent), in: work.path)
            let state = InstallState(origin)
            try work.write(state)
            return state
        }
        guard request.resumes else {
            throw OperationError(
                "install to", request.output.string, cause: "an installation to it was begun, and is in \(work.path)",
                remedy: "go on with --resume, or start anew with --restart", exit: .cantCreate)
        }
        if let difference = earlier.origin.difference(to: origin) {
            throw OperationError(
                "continue", request.output.string, cause: difference, remedy: "use the same as before, or start anew with --restart",
                exit: .usage)
        }
        return earlier
    }

    // MARK: - The installation

    private func install(
        _ work: FilePath, _ state: InstallState, _ source: InstallSource, _ size: Int, _ ways: [KeyTable.Way],
        _ policy: InstallationPolicy, _ host: InstallHost, control: FilePath
    ) async throws(OperationError) {
        let files = WorkFiles(work)
        let (openCore, mac) = try await openCore(files, source.release, after: state.step)
        let identity = mac.identity
        if state.step == .nothing { try prepareDisk(files, size, host) }
        let script = try scriptDisk(size)
        try checkSizes(size, script, source, openCore)
        let machine = InstallMachine(
            host: host, release: source.release, vcpus: request.vcpus ?? min(host.cpus, request.emulates ? 1 : 8),
            memoryMiB: try memory(host), uuid: identity.uuid.lowercased(), mac: identity.mac, openCore: openCore, installer: source.disk,
            disk: files.disk, scriptDisk: files.scriptDisk, variables: files.variables, control: control, serial: files.serial,
            screen: request.screen, hasNetwork: request.hasNetwork)
        for problem in machine.processor.problems { progress.say("note: \(problem.text)") }
        let transcript = try Transcript(in: transcriptDirectory(work), hiding: secrets(mac))
        let subject = Installation.Subject(
            isProvisioned: request.provisioning != nil, build: source.identity.build.description)
        transcript.record(
            TranscriptEntry.Header(
                program: madeBy, subject: subject, policy: policy, ways: ways.map(\.name), version: source.identity.version.description))
        let current = Mutex(state)
        let runner = InstallRunner(
            Installation(subject, policy: policy), ways: ways, program: host.qemu.program, control: control, log: files.log,
            transcript: transcript, progress: progress, slowness: request.emulates ? 3 : 1,
            work: InstallRunner.Work(
                commandLine: { (part) throws(OperationError) in try machine.commandLine(part).argv },
                prepare: { (part) throws(OperationError) in
                    guard part == .recovery else { return nil }
                    try await files.write(script)
                    do throws(Errno) {
                        return try MailboxFile(files.scriptDisk, at: script.mailboxOffset)
                    } catch {
                        throw OperationError("read", files.scriptDisk.string, cause: error.description, exit: .cantCreate)
                    }
                },
                complete: { (step) throws(OperationError) in
                    try WorkDirectory.write(
                        current.withLock {
                            $0.step = step; return $0
                        }, in: work)
                },
                force: { current.withLock { $0.isForced = true } },
                verify: { () throws(OperationError) in try verifyDisk(files.disk, source.identity) },
                publish: { () throws(OperationError) in
                    try await publish(files, machine, source, size, isForced: current.withLock { $0.isForced })
                }))
        try await runner.run(after: state.step)
    }

    /// The one that was given, or one of our own, made once.
    private func openCore(
        _ files: WorkFiles, _ release: MacOSRelease, after step: InstallationStep
    ) async throws(OperationError) -> (DiskFile, Mac) {
        guard let given = request.openCore else {
            // Moved already, when the command was killed between that and the image's own move.
            let isMoved = step == .verified && !FileManager.default.fileExists(atPath: files.openCore.string)
            let path = isMoved ? openCoreOutput : files.openCore
            let mac = try await makeOpenCore(path, release)
            return (try DiskFile("the OpenCore disk", at: path, remedy: "start anew with --restart"), mac)
        }
        let disk = try DiskFile("the OpenCore disk", at: given, remedy: "make it with `macos-virt mkopencore`, or leave --opencore out")
        guard let identity = request.identity else {
            throw OperationError(
                "use", given.string, cause: "there is no identity file beside it, and the guest has to be the Mac that OpenCore describes",
                remedy: "name its identity file with --identity, or leave --opencore out", exit: .noInput)
        }
        return (disk, (identity, []))
    }

    /// An empty disk and fresh UEFI variables.
    private func prepareDisk(_ files: WorkFiles, _ size: Int, _ host: InstallHost) throws(OperationError) {
        for path in [files.disk, files.variables] { unlink(path.string) }
        try NewDisk.make(files.disk, size: request.size)
        try InputFile.copy(host.firmware.template, to: files.variables, mode: 0o600)
    }

    private func scriptDisk(_ size: Int) throws(OperationError) -> ScriptDisk {
        try ScriptDisk(
            ScriptDisk.Settings(size: size, serial: InstallMachine.diskSerial, volume: request.volume),
            package: request.provisioning?.package
        )
    }

    /// The script finds macOS's disk by its size.
    private func checkSizes(_ size: Int, _ script: ScriptDisk, _ source: InstallSource, _ openCore: DiskFile) throws(OperationError) {
        let others = [script.size, source.size, try FileSource.input(openCore.path).size]
        guard others.contains(size) else { return }
        throw OperationError(
            "use", "--size \(request.size)", cause: "another disk of the guest has the same size, and the script could not tell them apart",
            remedy: "give a size that differs a little", exit: .usage)
    }

    private func memory(_ host: InstallHost) throws(OperationError) -> Int {
        let size = request.memory ?? min(Self.usualMemory, host.availableMemory / 4 * 3)
        guard size <= host.availableMemory else {
            throw OperationError(
                "reserve", "\(size) MiB of memory", cause: "\(host.availableMemory) MiB are available",
                remedy: "end other programs, or give another size with --memory: macOS's installer needs 4G", exit: .unavailable)
        }
        if size < Self.goodMemory { progress.say("note: with less than 4 GiB of memory, macOS's installer may not start") }
        return size
    }

    private func secrets(_ mac: Mac) -> [String] {
        guard !request.showsSecrets else { return [] }
        let identity = mac.identity
        return request.secrets + mac.serials + (request.provisioning?.secrets ?? []) + [
            identity.uuid, identity.uuid.lowercased(), identity.mac.description,
        ]
    }

    // MARK: - The result

    private func publish(
        _ files: WorkFiles, _ machine: InstallMachine, _ source: InstallSource, _ size: Int, isForced: Bool
    ) async throws(OperationError) {
        let draft = Draft(keeping: files.directory)
        // It was moved, and the command was killed before it could say so.
        guard FileManager.default.fileExists(atPath: files.disk.string) else { return }
        var image = "disk.img"
        if request.format == .qcow2 {
            image = "disk.qcow2"
            unlink(draft.path(image).string)
            try await ImageFormat.tool.run(
                ["convert", "-f", "raw", "-O", "qcow2", "-o", "compat=1.1"] + (request.isCompressed ? ["-c"] : [])
                    + [files.disk.string, draft.path(image).string])
        }
        let manifest = ImageManifest(
            image: request.output.lastComponent?.string ?? "", format: request.format.rawValue, size: size,
            version: source.identity.version.description, build: source.identity.build.description,
            installer: source.disk.path.lastComponent?.string ?? "", provisioning: request.provisioning?.digest, uuid: machine.uuid,
            openCore: (request.openCore ?? openCoreOutput).lastComponent?.string ?? "",
            machine: ImageManifest.Machine(
                qemu: machine.host.qemu.version.description, type: machine.host.qemu.machine, cpu: machine.processor.cpu.model,
                accelerator: machine.host.accelerator.rawValue, firmware: machine.host.firmware.code.string),
            isForced: isForced, madeBy: madeBy)
        unlink(draft.path("manifest.json").string)
        try DraftFile.write(try ManifestFile.data(manifest, beside: request.output), to: draft.path("manifest.json"))
        var moved = [("manifest.json", ManifestFile.path(beside: request.output))]
        if request.openCore == nil, FileManager.default.fileExists(atPath: files.openCore.string) {
            moved += [("opencore.identity.json", identityPath(openCoreOutput)), ("opencore.img", openCoreOutput)]
        }
        // The image is the last: where it is, everything is.
        try draft.publish((moved + [(image, request.output)]).map { (name: $0.0, destination: $0.1) })
    }
}
