package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// What an image was made of. It lies beside the image; `mklinux --packages` makes the same image from it.
package struct LinuxManifest: Codable, Equatable, Sendable {
    package struct File: Codable, Equatable, Sendable {
        package var name: String
        /// Bytes.
        package var size: Int
        package var sha256: String
    }

    /// Increased when a field changes its meaning.
    package static let currentVersion = 1

    package var schemaVersion = LinuxManifest.currentVersion
    /// As `uname -r` prints it.
    package var kernelRelease: String
    package var kernelCommandLine: String
    /// With their dependencies.
    package var packages: [Package]
    /// Without their dependencies: kernel and boot loader.
    package var lonePackages: [Package]
    package var boot: File
    package var files: [File]

    private static let remedy = "name the manifest.json that mklinux wrote beside an image"

    /// - Throws: `noInput`, `dataError`.
    package init(reading path: FilePath) throws(OperationError) {
        let data = try InputFile.read(path, remedy: Self.remedy)
        do {
            self = try JSONDecoder().decode(LinuxManifest.self, from: data)
        } catch {
            throw OperationError(
                "read", path.string, cause: "it is not a manifest of mklinux", remedy: Self.remedy, exit: .dataError)
        }
        guard schemaVersion == Self.currentVersion else {
            throw OperationError(
                "read", path.string, cause: "it has version \(schemaVersion), not \(Self.currentVersion)", exit: .dataError)
        }
        if let package = (packages + lonePackages).first(where: { !$0.isValid }) {
            throw OperationError(
                "read", path.string, cause: "\(package.pinned.printable) is not the name and version of a Debian package", exit: .dataError)
        }
    }

    init(
        kernelRelease: String, kernelCommandLine: String, packages: [Package], lonePackages: [Package], boot: File, files: [File]
    ) {
        (self.kernelRelease, self.kernelCommandLine) = (kernelRelease, kernelCommandLine)
        (self.packages, self.lonePackages, self.boot, self.files) = (packages, lonePackages, boot, files)
    }

    /// - Throws: `config` when the recipe needs packages that the manifest lacks.
    func check(_ recipe: LinuxRecipe) throws(OperationError) {
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
        throw OperationError(
            "use", "manifest", cause: cause, remedy: "use the options that its image was made with, or leave out --packages", exit: .config
        )
    }

    /// JSON with sorted keys.
    package func text() throws(OperationError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw OperationError("write", "manifest", cause: error.localizedDescription, exit: .software)
        }
    }

    static func describe(_ path: FilePath, as name: String) async throws(OperationError) -> File {
        let size = (try? FileManager.default.attributesOfItem(atPath: path.string)[.size] as? Int) ?? 0
        return File(name: name, size: size, sha256: try await Digest.sha256(path))
    }
}
