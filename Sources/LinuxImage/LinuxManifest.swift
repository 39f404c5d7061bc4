import Foundation
public import HostSupport
public import SystemPackage

/// What an image was made of, kept beside it; `mklinux --packages` makes the same again from it.
public struct LinuxManifest: Codable, Equatable, Sendable {
    public struct File: Codable, Equatable, Sendable {
        public var name: String
        /// Bytes.
        public var size: Int
        public var sha256: String
    }

    /// Raised when a field changes its meaning.
    public static let currentVersion = 1

    public var schemaVersion = LinuxManifest.currentVersion
    /// As `uname -r` says it.
    public var kernelRelease: String
    public var kernelCommandLine: String
    /// With what they depend on.
    public var packages: [Package]
    /// Whose files were taken without what they depend on: kernel and boot loader.
    public var lonePackages: [Package]
    public var boot: File
    public var files: [File]

    /// - Throws: `noInput`, `data`.
    public init(reading path: FilePath) throws(HostError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path.string))
        } catch {
            throw HostError("read", path.string, cause: error.localizedDescription, exit: .noInput)
        }
        do {
            self = try JSONDecoder().decode(LinuxManifest.self, from: data)
        } catch {
            throw HostError("read", path.string, cause: "it is no manifest of mklinux: \(error.localizedDescription)", exit: .data)
        }
        guard schemaVersion == Self.currentVersion else {
            throw HostError("read", path.string, cause: "it has version \(schemaVersion), not \(Self.currentVersion)", exit: .data)
        }
        if let package = (packages + lonePackages).first(where: { !$0.isValid }) {
            throw HostError("read", path.string, cause: "\(package.pinned) is no Debian package's name and version", exit: .data)
        }
    }

    init(
        kernelRelease: String, kernelCommandLine: String, packages: [Package], lonePackages: [Package], boot: File, files: [File]
    ) {
        (self.kernelRelease, self.kernelCommandLine) = (kernelRelease, kernelCommandLine)
        (self.packages, self.lonePackages, self.boot, self.files) = (packages, lonePackages, boot, files)
    }

    /// - Throws: `config` when an image of this recipe needs packages that the manifest lacks.
    func check(_ recipe: LinuxRecipe) throws(HostError) {
        let present = Set((packages + lonePackages).map(\.name))
        let missing = Set(recipe.packages + recipe.lonePackages).subtracting(present).sorted()
        let kernels = lonePackages.filter { $0.name.hasPrefix("linux-image-") }
        let isCloud = kernels.contains { $0.name.contains("-cloud-") }
        let cause: String? =
            if !missing.isEmpty {
                "the manifest has no \(missing.joined(separator: ", "))"
            } else if kernels.isEmpty || isCloud != (recipe.kernel == .cloud) {
                "the manifest's kernel is \(kernels.first?.name ?? "none"), not the \(recipe.kernel.rawValue) one"
            } else {
                nil
            }
        guard let cause else { return }
        throw HostError(
            "use", "manifest", cause: cause, remedy: "give the options that its image was made with, or leave --packages out", exit: .config
        )
    }

    /// JSON with sorted keys.
    public func text() throws(HostError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw HostError("write", "manifest", cause: error.localizedDescription, exit: .software)
        }
    }

    static func describe(_ path: FilePath, as name: String) async throws(HostError) -> File {
        let size = (try? FileManager.default.attributesOfItem(atPath: path.string)[.size] as? Int) ?? 0
        return File(name: name, size: size, sha256: try await Digest.sha256(path))
    }
}
