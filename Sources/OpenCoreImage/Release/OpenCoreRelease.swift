package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// An unpacked release of OpenCore for x86-64.
package struct OpenCoreRelease: Equatable, Sendable {
    /// The directory EFI, with BOOT and OC below it.
    package let efi: FilePath
    /// Utilities/LegacyBoot, Utilities/ocvalidate and others; nil where they are not.
    package let utilities: FilePath?
    package let version: OpenCoreVersion
    package let build: BuildKind

    /// - Parameters:
    ///   - directory: of the unpacked release; its X64 or IA32 and Utilities, or EFI and Utilities, or one directory with these.
    ///   - name: of the archive, which has the version in it when it came from the project.
    ///   - version: where neither the name nor a change log tells it.
    /// - Throws: `noInput`, `dataError` when something is missing; `usage` when the version is unknown.
    package init(in directory: FilePath, name: String, version: OpenCoreVersion?) throws(OperationError) {
        guard let root = Self.root(directory) else {
            throw OperationError(
                "read", directory.string, cause: "there is no EFI/OC/OpenCore.efi in it, nor in its X64", remedy: Self.remedy,
                exit: .dataError)
        }
        efi = root.appending("EFI")
        let utilities = ["Utilities", "../Utilities"].map { root.appending($0) }.first { FileManager.default.fileExists(atPath: $0.string) }
        self.utilities = utilities?.lexicallyNormalized()
        for file in ["BOOT/BOOTx64.efi", "OC/Drivers/OpenRuntime.efi"]
        where !FileManager.default.fileExists(atPath: efi.appending(file).string) {
            throw OperationError("read", efi.string, cause: "there is no \(file) in it", remedy: Self.remedy, exit: .dataError)
        }
        build = try Self.build(efi.appending("OC/OpenCore.efi"))
        guard let found = version ?? Self.version(inName: name) ?? Self.version(inChangelogBelow: root) else {
            throw OperationError(
                "read", directory.string, cause: "neither its name nor Docs/Changelog.md tells the version of OpenCore",
                remedy: "say it with --opencore-version", exit: .usage)
        }
        guard found >= .oldest else {
            throw OperationError(
                "read", directory.string, cause: "it is OpenCore \(found), and the keys of its configuration are known from 1.0.0 on",
                remedy: "take a newer release", exit: .dataError)
        }
        self.version = found
    }

    private static let remedy = "give the ZIP of a release (OpenCore-X.Y.Z-RELEASE.zip), or the directory that it unpacks to"

    private static func root(_ directory: FilePath) -> FilePath? {
        let wrapped = ((try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []).sorted()
        let candidates = [directory] + wrapped.map { directory.appending($0) }
        return candidates.flatMap { [$0.appending("X64"), $0] }.first {
            FileManager.default.fileExists(atPath: $0.appending("EFI/OC/OpenCore.efi").string)
        }
    }

    /// OpenCore has its version as text from the moment it runs; in the file there is the kind of build alone, before XXX.
    static func build(_ file: FilePath) throws(OperationError) -> BuildKind {
        let data = InputFile.contents(file) ?? Data()
        if data.range(of: Data("REL-XXX".utf8)) != nil { return .release }
        // NOOPT is DEBUG without the compiler's optimizations.
        if data.range(of: Data("DBG-XXX".utf8)) != nil || data.range(of: Data("NPT-XXX".utf8)) != nil { return .debug }
        throw OperationError(
            "read", file.string, cause: "it is no OpenCore of version 1: neither REL-XXX nor DBG-XXX is in it", remedy: remedy,
            exit: .dataError)
    }

    static func version(inName name: String) -> OpenCoreVersion? {
        name.split(separator: "-").lazy.compactMap { OpenCoreVersion($0) }.first
    }

    private static func version(inChangelogBelow root: FilePath) -> OpenCoreVersion? {
        for path in ["Docs/Changelog.md", "../Docs/Changelog.md"] {
            guard let text = try? String(contentsOfFile: root.appending(path).string, encoding: .utf8) else { continue }
            // Its first heading of a version: "#### v1.0.6".
            for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("#### v") { return OpenCoreVersion(line.dropFirst(6)) }
        }
        return nil
    }

    /// A driver of the release: its file name, when it is there.
    package func driver(_ name: String) -> FilePath? { existing(efi.appending("OC/Drivers").appending(name)) }

    /// What starts OpenCore on a BIOS; nil when the release lacks a part of it.
    package var legacyBoot: LegacyBoot? { utilities.flatMap { LegacyBoot(in: $0.appending("LegacyBoot")) } }

    /// The checker of configurations for this machine; nil when it is not in the release.
    package var validator: FilePath? { utilities.flatMap { existing($0.appending("ocvalidate/ocvalidate.linux")) } }

    private func existing(_ path: FilePath) -> FilePath? { FileManager.default.fileExists(atPath: path.string) ? path : nil }
}
