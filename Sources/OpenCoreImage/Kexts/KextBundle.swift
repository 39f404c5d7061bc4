package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// A kernel extension in a directory.
package struct KextBundle: Equatable, Sendable {
    package let directory: FilePath
    /// "Lilu.kext".
    package let name: String
    package let identifier: String
    package let version: String
    /// Inside the bundle; nil for a kext without code.
    package let executable: String?
    /// Identifiers of what it needs to be loaded before it.
    package let libraries: [String]
    /// Darwin versions such as 22.0.0; empty for no limit.
    package var minKernel = ""
    package var maxKernel = ""

    private struct Info: Decodable {
        var identifier: String
        var executable: String?
        var version: String?
        var libraries: [String: String]?

        enum CodingKeys: String, CodingKey {
            case identifier = "CFBundleIdentifier"
            case executable = "CFBundleExecutable"
            case version = "CFBundleVersion"
            case libraries = "OSBundleLibraries"
        }
    }

    /// - Throws: `noInput`, `dataError` when it is not a kext or lacks the executable that its Info.plist names.
    package init(_ directory: FilePath) throws(OperationError) {
        self.directory = directory
        name = directory.lastComponent?.string ?? ""
        let plist = directory.appending("Contents/Info.plist")
        guard let data = InputFile.contents(plist) else {
            throw OperationError(
                "read kext", directory.string,
                cause: "it has no Contents/Info.plist of at most \(InputFile.limit >> 20) MiB that may be read",
                remedy: Self.remedy, exit: .noInput)
        }
        let info: Info
        do {
            info = try PlistFile.decode(Info.self, from: data)
        } catch {
            throw OperationError(
                "read kext", plist.string, cause: "it is not \(PlistFile.form), and a CFBundleIdentifier", remedy: Self.remedy,
                exit: .dataError)
        }
        identifier = info.identifier
        version = info.version ?? ""
        libraries = (info.libraries ?? [:]).keys.sorted()
        executable = info.executable.map { "Contents/MacOS/" + $0 }
        if let executable, !FileManager.default.fileExists(atPath: directory.appending(executable).string) {
            throw OperationError(
                "read kext", directory.string, cause: "its Info.plist names the executable \(executable), which is not there",
                remedy: Self.remedy, exit: .dataError)
        }
    }

    private static let remedy = "take a kext from its project's release, whole"

    /// As the configuration names it.
    package var entry: KernelSection.Kext {
        KernelSection.Kext(
            bundlePath: name, comment: "\(identifier) \(version)", executablePath: executable ?? "", maxKernel: maxKernel,
            minKernel: minKernel)
    }
}
