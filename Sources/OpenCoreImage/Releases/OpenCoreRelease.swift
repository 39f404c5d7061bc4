package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// An unpacked release of OpenCore for x86-64.
package struct OpenCoreRelease: Equatable, Sendable {
    /// How the version is known.
    package enum Evidence: String, Sendable {
        /// The release's own ocvalidate prints it, or the lock file's digest is that of the release.
        case checked = "checked"
        case option = "as you said, unchecked"
        case name = "from its file name, unchecked"
        case changelog = "from its change log, unchecked"
    }

    /// The directory EFI, with BOOT and OC below it.
    package let efi: FilePath
    /// Utilities/LegacyBoot, Utilities/ocvalidate and others; nil if absent.
    package let utilities: FilePath?
    package let version: OpenCoreVersion
    package let evidence: Evidence
    package let build: Release.Build

    /// - Parameters:
    ///   - directory: of the unpacked release: its X64 or IA32 and Utilities, or EFI and Utilities, or one directory with these.
    ///   - name: of the archive, which contains the version when it came from the project.
    ///   - version: what the user said.
    ///   - isPinned: whether the archive's digest is in the lock file, so that the name is right.
    ///   - scratch: a directory in which ocvalidate may run.
    /// - Throws: `noInput`; `dataError` when something is missing or another version was said; `usage` when the version is unknown.
    package init(
        in directory: FilePath, name: String, version: OpenCoreVersion?, isPinned: Bool = false, scratch: FilePath? = nil
    ) async throws(OperationError) {
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
        var found: (OpenCoreVersion, Evidence)? =
            version.map { ($0, .option) } ?? Self.version(inName: name).map { ($0, isPinned ? .checked : .name) }
            ?? Self.version(inChangelogBelow: root).map { ($0, .changelog) }
        if let scratch, let validator = self.utilities.flatMap({ Self.existing($0.appending("ocvalidate/ocvalidate.linux")) }),
            let own = try await ConfigurationValidator(validator, scratch: scratch).version()
        {
            if let found, found.0 != own {
                throw OperationError(
                    "read", directory.string, cause: "its ocvalidate is from OpenCore \(own), not \(found.0)",
                    remedy: "use one release as a whole, and leave out --opencore-version", exit: .dataError)
            }
            found = (own, .checked)
        }
        guard let found else {
            throw OperationError(
                "read", directory.string, cause: "neither its name nor Docs/Changelog.md tells the version of OpenCore",
                remedy: "add --opencore-version", exit: .usage)
        }
        guard found.0 >= .oldest else {
            throw OperationError(
                "read", directory.string, cause: "it is OpenCore \(found.0), and only configurations of 1.0.0 and newer are supported",
                remedy: "use a newer release", exit: .dataError)
        }
        (self.version, evidence) = found
    }

    private static let remedy = "name the ZIP of a release (OpenCore-X.Y.Z-RELEASE.zip) or the directory that it unpacks to"

    private static func root(_ directory: FilePath) -> FilePath? {
        let wrapped = ((try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []).sorted()
        let candidates = [directory] + wrapped.map { directory.appending($0) }
        return candidates.flatMap { [$0.appending("X64"), $0] }.first {
            FileManager.default.fileExists(atPath: $0.appending("EFI/OC/OpenCore.efi").string)
        }
    }

    /// What OpenCore.efi contains, one for each build: it replaces XXX by its version when it starts.
    static let marks = "REL-XXX, DBG-XXX and NPT-XXX"

    /// The build of a file.
    static func build(_ file: FilePath) throws(OperationError) -> Release.Build {
        guard let build = build(InputFile.contents(file) ?? Data()) else {
            throw OperationError(
                "read", file.string, cause: "it is not an OpenCore of version 1: it contains none of \(marks)", remedy: remedy,
                exit: .dataError)
        }
        return build
    }

    /// nil for what is not OpenCore.efi.
    static func build(_ data: Data) -> Release.Build? {
        if data.range(of: Data("REL-XXX".utf8)) != nil { return .release }
        // NOOPT is DEBUG without the compiler's optimizations.
        return data.range(of: Data("DBG-XXX".utf8)) != nil || data.range(of: Data("NPT-XXX".utf8)) != nil ? .debug : nil
    }

    static func version(inName name: String) -> OpenCoreVersion? {
        name.split(separator: "-").lazy.compactMap { OpenCoreVersion($0) }.first
    }

    private static func version(inChangelogBelow root: FilePath) -> OpenCoreVersion? {
        for path in ["Docs/Changelog.md", "../Docs/Changelog.md"] {
            guard let text = InputFile.contents(root.appending(path)) else { continue }
            // Its first heading of a version: "#### v1.0.6".
            for line in String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline) where line.hasPrefix("#### v") {
                return OpenCoreVersion(line.dropFirst(6))
            }
        }
        return nil
    }

    /// A driver of the release by its file name; nil if absent.
    package func driver(_ name: String) -> FilePath? { Self.existing(efi.appending("OC/Drivers").appending(name)) }

    /// What starts OpenCore on a BIOS; nil when the release lacks a part of it.
    package var legacyBoot: LegacyBoot? { utilities.flatMap { LegacyBoot(in: $0.appending("LegacyBoot")) } }

    /// The checker of configurations, for Linux; nil if absent.
    package var validator: FilePath? { utilities.flatMap { Self.existing($0.appending("ocvalidate/ocvalidate.linux")) } }

    private static func existing(_ path: FilePath) -> FilePath? { FileManager.default.fileExists(atPath: path.string) ? path : nil }
}

/// The files that start OpenCore on a BIOS: two boot sectors, and OpenDuet, which provides UEFI.
package struct LegacyBoot: Equatable, Sendable {
    /// For the first sector of the disk.
    package let boot0: FilePath
    /// For the first sector of the FAT32 partition.
    package let boot1: FilePath
    /// OpenDuet: the file `boot` in the root of the partition.
    package let duet: FilePath

    /// nil when one of them is absent. OpenDuet is called bootX64 since 0.8.8, and was called boot before.
    package init?(in directory: FilePath) {
        let existing = { (name: String) -> FilePath? in
            let path = directory.appending(name)
            return FileManager.default.fileExists(atPath: path.string) ? path : nil
        }
        guard let boot0 = existing("boot0"), let boot1 = existing("boot1f32"), let duet = existing("bootX64") ?? existing("boot") else {
            return nil
        }
        (self.boot0, self.boot1, self.duet) = (boot0, boot1, duet)
    }
}
