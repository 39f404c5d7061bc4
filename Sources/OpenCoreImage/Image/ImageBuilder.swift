import BootSettings
package import Diagnostics
import DiskImage
import Downloads
import Foundation
package import HostSupport
import SystemPackage

/// Makes an OpenCore disk from releases and settings, with its identity beside it.
package struct ImageBuilder: Sendable {
    private let request: BuildRequest
    private let store: ReleaseStore
    private let progress: StepProgress

    package init(_ request: BuildRequest, store: ReleaseStore, progress: StepProgress) {
        (self.request, self.store, self.progress) = (request, store, progress)
    }

    /// The number of steps for the progress.
    package static let steps = 5

    /// Makes the image. An existing one is replaced only if everything succeeds.
    /// - Throws: what any part throws.
    package func build() async throws(OperationError) -> BuildReport {
        try Destination.check(all: request.outputs)
        try ImageLock.check(request.output)
        try Tool.require(tools)
        try checkSettings()
        return try await Draft.with(in: Destination.directory(of: request.output)) { (draft) throws(OperationError) in
            let inputs = try await progress.step("get OpenCore and kexts") { () throws(OperationError) in
                try await Inputs(request, store: store, draft: draft, progress: progress)
            }
            let identity = try request.identity.identity(beside: request.output, macOS: inputs.macOS)
            let configuration = try configuration(inputs, identity)
            let tree = draft.path("tree")
            try await progress.step("write the files") { () throws(OperationError) in
                try await inputs.tree.write(configuration.xml, to: tree, scratch: draft.directory)
            }
            let check = try await progress.step("check the configuration", result: { $0 == .skipped ? "skipped" : "ok" }) {
                () throws(OperationError) in
                try await validate(configuration.xml, inputs, draft)
            }
            try await progress.step("write the disk") { () throws(OperationError) in try await writeDisk(tree, inputs, draft) }
            return try await progress.step("move it into place") { () throws(OperationError) in
                try publish(identity, draft)
                return report(inputs, identity, check)
            }
        }
    }

    /// Refuses wrong settings before anything is fetched.
    ///
    /// With the keys of the newest version. Elements of lists depend on the kexts and drivers, and are checked later.
    private func checkSettings() throws(OperationError) {
        let span = request.macOS ?? MacOSRelease.all
        let profile = GuestProfile(version: .driverHideVerbose, build: request.build, macOS: span, identity: .random(.standard(for: span)))
        let plist = OpenCoreConfiguration(for: profile).plist
        for setting in request.settings where !setting.isInList { _ = try setting.applied(to: plist) }
    }

    private var tools: [Tool] {
        // What DiskImage runs, and what fetches and unpacks.
        var tools = [ACPITable.tool, Tool("sha256sum", from: "coreutils")] + OpenCoreDisk.tools
        let archives = [request.openCore] + (request.hasSMC ? [request.lilu, request.virtualSMC] : [])
        if archives.contains(nil) { tools.append(Downloader.tool) }
        if archives.contains(where: { $0 == nil || $0?.extension == "zip" }) { tools.append(Archive.tool) }
        if request.format != .raw { tools.append(ImageFormat.tool) }
        return tools
    }

    private func configuration(_ inputs: Inputs, _ identity: MacIdentity) throws(OperationError) -> PlistValue {
        var profile = GuestProfile(
            version: inputs.release.version, build: inputs.release.build, macOS: inputs.macOS, identity: identity)
        profile.kexts = inputs.kexts.map(\.entry)
        profile.drivers = inputs.drivers.compactMap { $0.lastComponent?.string }
        profile.tables = ACPITable.allCases.map(\.fileName)
        profile.picker = request.picker
        profile.scan = request.scan
        profile.resolution = request.resolution
        profile.integrity = request.integrity
        profile.bootArguments = request.bootArguments
        profile.patches = request.patches
        var plist = OpenCoreConfiguration(for: profile).plist
        for setting in request.settings { plist = try setting.applied(to: plist) }
        return plist
    }

    /// What ocvalidate has done.
    private enum Check { case confined, unconfined, skipped }

    private func validate(_ configuration: String, _ inputs: Inputs, _ draft: Draft) async throws(OperationError) -> Check {
        guard let program = inputs.release.validator else { return .skipped }
        let validator = try ConfigurationValidator(program, scratch: draft.directory)
        return try await validator.check(configuration, for: inputs.release.version) ? .confined : .unconfined
    }

    private func writeDisk(_ tree: FilePath, _ inputs: Inputs, _ draft: Draft) async throws(OperationError) {
        let digest = try await Digest.sha256(tree.appending("EFI/OC/config.plist"))
        try await OpenCoreDisk(scheme: request.scheme, legacyBoot: inputs.legacyBoot).write(tree, to: draft.path("raw"), digest: digest)
        switch request.format {
        case .raw: break
        default: try await request.format.convert(draft.path("raw"), to: draft.path("image"))
        }
    }

    /// The identity before the image: without the file, the next build would use other serial numbers.
    private func publish(_ identity: MacIdentity, _ draft: Draft) throws(OperationError) {
        try IdentityFile.write(identity, to: draft.path("identity"))
        var files = [("identity", IdentityFile.path(beside: request.output)), (request.format == .raw ? "raw" : "image", request.output)]
        if let toml = request.bootConfiguration {
            try DraftFile.write(Data(identity.bootToml.utf8), to: draft.path("toml"))
            files.insert(("toml", toml), at: 0)
        }
        try draft.publish(files.map { (name: $0.0, destination: $0.1) })
    }

    private func report(_ inputs: Inputs, _ identity: MacIdentity, _ check: Check) -> BuildReport {
        var warnings = inputs.warnings
        switch check {
        case .confined: break
        case .unconfined:
            warnings.append("ocvalidate ran with your rights: this machine does not allow the namespaces that would confine it")
        case .skipped: warnings.append("the release has no ocvalidate for Linux: the configuration is unchecked")
        }
        if inputs.release.evidence != .checked {
            warnings.append("the version of OpenCore is \(inputs.release.version), \(inputs.release.evidence.rawValue)")
        }
        if identity.model.reportsMachineChecks && !inputs.kexts.contains(where: { $0.name == "AppleMCEReporterDisabler.kext" }) {
            warnings.append(
                "a \(identity.model.rawValue) with several sockets panics in AppleMCEReporter: "
                    + "add AppleMCEReporterDisabler.kext with --kext, or choose an iMac")
        }
        return BuildReport(
            image: request.output, identityFile: IdentityFile.path(beside: request.output), version: inputs.release.version,
            evidence: inputs.release.evidence, build: inputs.release.build, model: identity.model,
            kexts: inputs.kexts.map { "\($0.name) \($0.version)" },
            startsFromBIOS: inputs.legacyBoot != nil, isValidated: check != .skipped, warnings: warnings)
    }
}
