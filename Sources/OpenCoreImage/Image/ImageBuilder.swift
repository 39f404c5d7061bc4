package import Diagnostics
import DiskImage
import Foundation
package import HostSupport
import SystemPackage

/// From releases and settings to a disk image, with its identity beside it.
package struct ImageBuilder: Sendable {
    private let request: BuildRequest
    private let store: ReleaseStore
    private let progress: StepProgress

    package init(_ request: BuildRequest, store: ReleaseStore, progress: StepProgress) {
        (self.request, self.store, self.progress) = (request, store, progress)
    }

    /// Steps that are shown.
    package static let steps = 5

    /// Makes the image; what was at its place stays there unless everything succeeds.
    /// - Throws: what any of its parts throws.
    package func build() async throws(OperationError) -> BuildReport {
        let directory = request.output.removingLastComponent()
        return try await Draft.with(in: directory.isEmpty ? "." : directory) { (draft) throws(OperationError) in
            let inputs = try await progress.step("get OpenCore and kexts") { () throws(OperationError) in
                try await Inputs(request, store: store, draft: draft, progress: progress)
            }
            let identity = try request.identity.identity(beside: request.output, macOS: inputs.macOS)
            let configuration = try configuration(inputs, identity)
            let tree = draft.path("tree")
            try await progress.step("write the files") { () throws(OperationError) in
                try await inputs.tree.write(configuration.xml, to: tree, scratch: draft.directory)
            }
            let isValidated = try await progress.step("check the configuration", result: { $0 ? "ok" : "skipped" }) {
                () throws(OperationError) in
                try await validate(tree, inputs, draft)
            }
            try await progress.step("write the disk") { () throws(OperationError) in try await writeDisk(tree, inputs, draft) }
            return try await progress.step("put it in its place", result: { _ in "ok" }) { () throws(OperationError) in
                try publish(identity, draft)
                return report(inputs, identity, isValidated: isValidated)
            }
        }
    }

    private func configuration(_ inputs: Inputs, _ identity: MachineIdentity) throws(OperationError) -> PlistValue {
        var profile = GuestProfile(
            version: inputs.release.version, build: inputs.release.build, macOS: inputs.macOS, identity: identity)
        profile.kexts = inputs.kexts.map(\.entry)
        profile.drivers = inputs.drivers.compactMap { $0.lastComponent?.string }
        profile.tables = ACPITable.allCases.map(\.fileName)
        profile.picker = request.picker
        profile.resolution = request.resolution
        profile.integrity = request.integrity
        profile.bootArguments = request.bootArguments
        profile.patches = request.patches
        var plist = OpenCoreConfiguration(for: profile).plist
        for assignment in request.assignments { plist = try assignment.applied(to: plist) }
        return plist
    }

    private func validate(_ tree: FilePath, _ inputs: Inputs, _ draft: Draft) async throws(OperationError) -> Bool {
        guard let program = inputs.release.validator else { return false }
        let validator = try ConfigurationValidator(program, scratch: draft.directory)
        try await validator.check(tree.appending("EFI/OC/config.plist"), for: inputs.release.version)
        return true
    }

    private func writeDisk(_ tree: FilePath, _ inputs: Inputs, _ draft: Draft) async throws(OperationError) {
        let digest = try await Digest.sha256(tree.appending("EFI/OC/config.plist"))
        try await FirmwareImage(scheme: request.scheme, legacyBoot: inputs.legacyBoot).write(tree, to: draft.path("raw"), digest: digest)
        switch request.format {
        case .raw: break
        default: try await request.format.convert(draft.path("raw"), to: draft.path("image"))
        }
    }

    /// The identity first: an image whose serial numbers are nowhere written down would get others at the next build.
    private func publish(_ identity: MachineIdentity, _ draft: Draft) throws(OperationError) {
        try ImageLock.check(request.output)
        try IdentityFile.write(identity, to: draft.path("identity"))
        if let toml = request.bootConfiguration {
            try OutputFile.write(Data(BootConfiguration.toml(identity).utf8), to: draft.path("toml"))
            try draft.publish("toml", as: toml)
        }
        try draft.publish("identity", as: IdentityFile.path(beside: request.output))
        try draft.publish(request.format == .raw ? "raw" : "image", as: request.output)
    }

    private func report(_ inputs: Inputs, _ identity: MachineIdentity, isValidated: Bool) -> BuildReport {
        var warnings = inputs.warnings
        if !isValidated { warnings.append("the release has no ocvalidate for this machine: nobody checked the configuration") }
        if identity.model.reportsMachineChecks && !inputs.kexts.contains(where: { $0.name == "AppleMCEReporterDisabler.kext" }) {
            warnings.append(
                "a \(identity.model.rawValue) with several sockets panics in AppleMCEReporter: "
                    + "add AppleMCEReporterDisabler.kext with --kext, or choose an iMac")
        }
        return BuildReport(
            image: request.output, identityFile: IdentityFile.path(beside: request.output), version: inputs.release.version,
            build: inputs.release.build, model: identity.model, kexts: inputs.kexts.map { "\($0.name) \($0.version)" },
            startsFromBIOS: inputs.legacyBoot != nil, isValidated: isValidated, warnings: warnings)
    }
}
