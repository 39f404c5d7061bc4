import BootSettings
import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The parts of an image: named by the user or fetched, unpacked and checked.
struct Inputs: Sendable {
    let release: OpenCoreRelease
    let macOS: ClosedRange<MacOSRelease>
    /// In the order of injection.
    let kexts: [KextBundle]
    /// In the order of loading.
    let drivers: [FilePath]
    let legacyBoot: LegacyBoot?
    let resources: FilePath?
    let warnings: [String]

    var tree: FileTree { FileTree(release: release, kexts: kexts, drivers: drivers, resources: resources, duet: legacyBoot?.duet) }

    init(_ request: BuildRequest, store: ReleaseStore, draft: Draft, progress: StepProgress) async throws(OperationError) {
        let archive = try await Self.archive(request, store, progress)
        let release = try await OpenCoreRelease(
            in: try await Archive(archive).open(scratch: draft.path("opencore")), name: archive.lastComponent?.string ?? "",
            version: request.version, isPinned: request.openCore == nil, scratch: draft.directory)
        guard release.build == request.build else {
            throw OperationError(
                "read", archive.string, cause: "it is a \(release.build.rawValue) build, not \(request.build.rawValue)",
                remedy: release.build == .debug ? "add --debug" : "leave out --debug, or name a DEBUG build", exit: .usage)
        }
        var warnings: [String] = []
        macOS = try Self.span(request, release, &warnings)
        kexts = try await Self.bundles(request, store, draft, progress)
        let missing = KextOrder.missing(kexts)
        if !missing.isEmpty {
            warnings.append("other kexts need \(missing.map(\.printable).joined(separator: " and ")), which is missing: add it with --kext")
        }
        drivers = try Self.driverFiles(request, release, &warnings)
        legacyBoot = try request.legacyBoot.map(Self.bootCode) ?? release.legacyBoot
        if legacyBoot == nil { warnings.append("the release has no Utilities/LegacyBoot: the image starts from UEFI only, not from BIOS") }
        resources = request.picker.isGraphical ? request.resources ?? release.efi.appending("OC/Resources") : nil
        self.release = release
        self.warnings = warnings
    }

    private static func archive(
        _ request: BuildRequest, _ store: ReleaseStore, _ progress: StepProgress
    ) async throws(OperationError) -> FilePath {
        if let given = request.openCore { return given }
        return try await store.obtain(.openCore, version: request.version?.description, build: request.build, progress: progress)
    }

    /// The releases that were asked for, or else all that this version can start.
    private static func span(
        _ request: BuildRequest, _ release: OpenCoreRelease, _ warnings: inout [String]
    ) throws(OperationError) -> ClosedRange<MacOSRelease> {
        let newest = release.version >= .tahoe ? MacOSRelease.tahoe : .sequoia
        guard let asked = request.macOS else {
            if newest < MacOSRelease.all.upperBound {
                warnings.append("OpenCore \(release.version) cannot inject kexts into macOS 26: the image is for macOS 10.15 to 15")
            }
            return MacOSRelease.all.lowerBound...newest
        }
        guard asked.upperBound <= newest else {
            throw OperationError(
                "make image for", "macOS \(asked.upperBound.rawValue)", cause: "OpenCore \(release.version) cannot inject kexts into it",
                remedy: "use OpenCore \(OpenCoreVersion.tahoe) or newer", exit: .usage)
        }
        return asked
    }

    private static func bundles(
        _ request: BuildRequest, _ store: ReleaseStore, _ draft: Draft, _ progress: StepProgress
    ) async throws(OperationError) -> [KextBundle] {
        var sources: [KextSource] = []
        if request.hasSMC {
            for (component, given) in [(Release.Component.lilu, request.lilu), (.virtualSMC, request.virtualSMC)] {
                let path: FilePath
                if let given {
                    path = given
                } else {
                    path = try await store.obtain(component, version: nil, build: request.build, progress: progress)
                }
                sources.append(KextSource(path, name: component.rawValue + ".kext"))
            }
        } else if let lilu = request.lilu {
            sources.append(KextSource(lilu, name: "Lilu.kext"))
        }
        var bundles: [KextBundle] = []
        for (number, source) in (sources + request.kexts).enumerated() {
            bundles += try await source.bundles(scratch: draft.path("kext-\(number)"))
        }
        return try KextOrder.sort(bundles)
    }

    private static func driverFiles(
        _ request: BuildRequest, _ release: OpenCoreRelease, _ warnings: inout [String]
    ) throws(OperationError) -> [FilePath] {
        // OpenRuntime first: other drivers can depend on it.
        var names = ["OpenRuntime.efi"]
        // Apple's Recovery is on HFS+ until macOS is installed.
        if release.driver("OpenHfsPlus.efi") != nil {
            names.append("OpenHfsPlus.efi")
        } else {
            warnings.append("the release has no OpenHfsPlus.efi: installers and Recovery on HFS+ are not found")
        }
        if request.picker.isGraphical { names.append("OpenCanopy.efi") }
        // A menu entry that clears the NVRAM.
        if request.picker.isShown, release.driver("ResetNvramEntry.efi") != nil { names.append("ResetNvramEntry.efi") }
        return try (names + request.drivers.filter { !names.contains($0) }).map { (name) throws(OperationError) in
            let path = name.contains("/") ? FilePath(absolute: name) : release.driver(name)
            guard let path, FileManager.default.fileExists(atPath: path.string) else {
                throw OperationError(
                    "find driver", name, cause: "it is not in the release's EFI/OC/Drivers",
                    remedy: "choose another driver, or give a path",
                    exit: .noInput)
            }
            return path
        }
    }

    private static func bootCode(_ directory: FilePath) throws(OperationError) -> LegacyBoot {
        guard let found = LegacyBoot(in: directory) else {
            throw OperationError(
                "read", directory.string, cause: "it lacks boot0, boot1f32 or bootX64",
                remedy: "name Utilities/LegacyBoot of a release of OpenCore", exit: .noInput)
        }
        return found
    }
}
