package import Diagnostics
import DiskFormats
import Downloads
import Foundation
package import HostSupport
package import SystemPackage

/// Makes an installer disk of a macOS, from Apple's servers or from files of the user's.
package struct InstallerBuilder: Sendable {
    private let environment: InstallerEnvironment
    private let progress: StepProgress

    /// Without fetching the list.
    package static let steps = 4

    var anchors: TrustAnchors { environment.anchors }

    package init(_ environment: InstallerEnvironment, progress: StepProgress) {
        (self.environment, self.progress) = (environment, progress)
    }

    package struct Output: Equatable, Sendable {
        /// nil: named after what is in it, in `directory`.
        package var image: FilePath?
        package var directory: FilePath

        package init(image: FilePath?, directory: FilePath) { (self.image, self.directory) = (image, directory) }
    }

    /// - Parameter lock: a lock file, which remembers what was fetched.
    /// - Throws: `unavailable`; `dataError` when something is not what it should be; `cantCreate`, `interrupted`.
    package func build(
        _ sources: SourceFiles, lock: FilePath, output: Output
    ) async throws(OperationError) -> (image: FilePath, manifest: InstallerManifest) {
        let locked = try DownloadLock(reading: lock, isKey: SourceFiles.isKey)
        let fetched = try await progress.step("fetch \(sources.name)") { () throws(OperationError) in
            try await fetch(sources, SourceFetcher(environment, sources, lock: locked, progress: progress))
        }
        let media = { (draft: Draft) async throws(OperationError) -> InstallerMedia in
            if let package = fetched["InstallAssistant.pkg"] {
                return try await InstallerMedia(package: package.path, anchors: environment.anchors, draft: draft)
            }
            return try await InstallerMedia(files: fetched.mapValues(\.path), anchors: environment.anchors)
        }
        let manifests = sources.files.compactMap { fetched[$0.name]?.manifest }
        let result = try await assemble(
            media, manifests, product: sources.product, wanted: .build(sources.version, sources.build), output)
        for entry in sources.files.flatMap({ fetched[$0.name]?.entries ?? [] }) { try await DownloadLock.add(entry, to: lock) }
        return result
    }

    /// Each file, checked by its list of pieces; where there is a signed one, by that.
    private func fetch(
        _ sources: SourceFiles, _ fetcher: SourceFetcher
    ) async throws(OperationError) -> [String: SourceFetcher.Fetched] {
        var fetched: [String: SourceFetcher.Fetched] = [:]
        for file in sources.files where file.name.hasSuffix(".chunklist") { fetched[file.name] = try await fetcher.fetch(file) }
        for file in sources.files where fetched[file.name] == nil {
            var list: Chunklist?
            if file.name.hasSuffix(".dmg"), let path = fetched[file.name.dropLast(4) + ".chunklist"]?.path {
                list = try chunklist(path)
            }
            fetched[file.name] = try await fetcher.fetch(file, chunklist: list)
        }
        return fetched
    }

    private func chunklist(_ path: FilePath) throws(OperationError) -> Chunklist {
        try Chunklist(
            try InputFile.read(path, limit: Chunklist.limit), name: path.lastComponent?.string ?? "",
            keys: environment.anchors.chunklistKeys,
            required: .signature)
    }

    /// From a file of the user's: InstallAssistant.pkg, BaseSystem.dmg, or one of the files of 10.13 to 10.15 with the others beside it.
    /// - Parameter unsigned: whether a BaseSystem.dmg without its chunklist is accepted.
    package func build(
        from file: FilePath, unsigned: Bool, output: Output
    ) async throws(OperationError) -> (image: FilePath, manifest: InstallerManifest) {
        let given = try GivenFiles(file)
        let media = { (draft: Draft) async throws(OperationError) -> InstallerMedia in
            switch given.kind {
            case .package: return try await InstallerMedia(package: file, anchors: environment.anchors, draft: draft)
            case .files(let files):
                for name in ["BaseSystem", "AppleDiagnostics"] {
                    try await check(files[name + ".dmg"] ?? file, by: files[name + ".chunklist"] ?? file)
                }
                return try await InstallerMedia(files: files, anchors: environment.anchors)
            case .recovery(let chunklist):
                let name = file.lastComponent?.string ?? ""
                if let chunklist {
                    try await check(file, by: chunklist)
                } else if !unsigned {
                    throw GivenFiles.unsigned(file)
                }
                let recovery = try RecoveryImage(try RecoveryBuilder.open(file), name: name)
                guard chunklist != nil else {
                    return InstallerMedia(
                        recovery: recovery, installer: nil, checks: [name: ["the image's own checksums; it is not signed"]])
                }
                return InstallerMedia(
                    recovery: recovery, installer: nil,
                    checks: [name: ["the chunklist's signature by Apple's key", "the image's own checksums"]])
            }
        }
        return try await assemble(media, try await given.manifests(), product: nil, wanted: .anything, output)
    }

    private func check(_ file: FilePath, by chunklist: FilePath) async throws(OperationError) {
        let list = try self.chunklist(chunklist).pieces
        let size = try RecoveryBuilder.open(file).size
        let bad = try await PieceCheck.differing(list, in: file)
        guard size == list.size, bad.isEmpty else {
            throw OperationError(
                "check", file.string,
                cause: size == list.size ? "it differs from its chunklist" : "its chunklist is for \(list.size) bytes",
                remedy: "get it again", exit: .dataError)
        }
    }

    private func assemble(
        _ open: (Draft) async throws(OperationError) -> InstallerMedia, _ sources: [InstallerManifest.Source], product: String?,
        wanted: MacOSIdentity.Wanted, _ output: Output
    ) async throws(OperationError) -> (image: FilePath, manifest: InstallerManifest) {
        let directory = output.image.map { Destination.directory(of: $0) } ?? output.directory
        return try await Draft.with(in: directory) { (draft) throws(OperationError) in
            let (media, system) = try await progress.step("check signatures and version") { () throws(OperationError) in
                let media = try await open(draft)
                let system = try media.recovery.identity()
                try system.require(wanted, in: media.recovery.name)
                return (media, system)
            }
            let kind = media.installer == nil ? "Recovery_macOS" : "Install_macOS"
            let image = output.image ?? directory.appending("\(kind)_\(system.version)-\(system.build).img")
            try Destination.check(image)
            let identifiers = DiskIdentifiers(
                "\(system.build) " + sources.map { $0.sha256 ?? $0.sha256OfPieces ?? "" }.joined(separator: " "))
            let partitions = try await progress.step("write the disk") { () throws(OperationError) in
                try await InstallerAssembly(media: media, identifiers: identifiers, progress: progress).write(to: draft.path("image"))
            }
            try await progress.step("check the disk") { () throws(OperationError) in
                try InstallerDisk.check(draft.path("image"), recovery: media.recovery.volume, is: system)
            }
            let described = sources.map { source in
                var source = source
                source.checks += media.checks[source.name] ?? []
                return source
            }
            let manifest = InstallerManifest(
                image: image.lastComponent?.string ?? "", system: system, product: product, sources: described, partitions: partitions)
            try DraftFile.write(try ManifestFile.data(manifest, beside: image), to: draft.path("manifest"))
            try draft.publish([("image", image), ("manifest", ManifestFile.path(beside: image))])
            return (image, manifest)
        }
    }
}
