import Diagnostics
import DiskFormats
import Foundation
import HostSupport
import SystemPackage

/// Files of the user's, from which a disk is made: what they are is seen from the file that is named and from those beside it.
struct GivenFiles {
    enum Kind: Equatable {
        /// InstallAssistant.pkg of macOS 11 and newer.
        case package
        /// The files of 10.13 to 10.15, by their names on Apple's server.
        case files([String: FilePath])
        /// BaseSystem.dmg alone, and its chunklist.
        case recovery(chunklist: FilePath?)
    }

    let kind: Kind
    private let paths: [FilePath]

    /// - Throws: `noInput`; `dataError` for another file.
    init(_ file: FilePath) throws(OperationError) {
        let isPackage = try InputFile.head(file, count: 4).elementsEqual("xar!".utf8)
        let name = file.lastComponent?.string ?? ""
        func beside(_ other: String) -> FilePath? {
            let path = file.removingLastComponent().appending(other)
            return FileManager.default.fileExists(atPath: path.string) ? path : nil
        }
        if Installer.fileNames.contains(name), name != "BaseSystem.dmg" || beside("InstallESDDmg.pkg") != nil {
            let absent = Installer.fileNames.filter { beside($0) == nil }
            guard absent.isEmpty else {
                throw OperationError(
                    "read", file.string, cause: "\(absent.joined(separator: ", ")) is not beside it",
                    remedy: "put the files of the installer into one directory, with the names that they have on Apple's server",
                    exit: .noInput)
            }
            let files = Installer.fileNames.compactMap { name in beside(name).map { (name, $0) } }
            kind = .files(Dictionary(uniqueKeysWithValues: files))
            paths = files.map(\.1)
        } else if isPackage {
            kind = .package
            paths = [file]
        } else {
            kind = .recovery(chunklist: beside((file.stem ?? "") + ".chunklist"))
            paths = [file]
        }
    }

    func manifests() async throws(OperationError) -> [InstallerManifest.Source] {
        var sources: [InstallerManifest.Source] = []
        for path in paths {
            sources.append(
                InstallerManifest.Source(
                    name: path.lastComponent?.string ?? "", url: nil, size: try RecoveryBuilder.open(path).size,
                    sha256: try await Digest.sha256(path), checks: []))
        }
        return sources
    }

    static func unsigned(_ file: FilePath) -> OperationError {
        OperationError(
            "check", file.string, cause: "\(file.stem ?? "").chunklist, which has Apple's signature of it, is not beside it",
            remedy: "put it there, or add --unsigned if you trust the file", exit: .noInput)
    }
}
