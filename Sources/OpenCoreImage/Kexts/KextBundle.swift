import Foundation
public import HostSupport
public import SystemPackage

/// A kernel extension in a directory.
public struct KextBundle: Equatable, Sendable {
    public let directory: FilePath
    /// "Lilu.kext".
    public let name: String
    public let identifier: String
    public let version: String
    /// Inside the bundle; nil for a kext without code.
    public let executable: String?
    /// Identifiers of what it needs to be loaded before it.
    public let libraries: [String]
    /// Darwin versions such as 22.0.0; empty for no limit.
    public var minKernel = ""
    public var maxKernel = ""

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

    /// - Throws: `noInput`, `data` when it is not a kext or lacks the executable that its Info.plist names.
    public init(_ directory: FilePath) throws(HostError) {
        self.directory = directory
        name = directory.lastComponent?.string ?? ""
        let plist = directory.appending("Contents/Info.plist")
        guard let data = InputFile.contents(plist) else {
            throw HostError(
                "read kext", directory.string,
                cause: "it has no Contents/Info.plist of at most \(InputFile.limit >> 20) MiB that may be read",
                remedy: Self.remedy, exit: .noInput)
        }
        let info: Info
        do {
            info = try PlistFile.decode(Info.self, from: data)
        } catch {
            throw HostError(
                "read kext", plist.string, cause: "it is not \(PlistFile.form), and a CFBundleIdentifier", remedy: Self.remedy, exit: .data)
        }
        identifier = info.identifier
        version = info.version ?? ""
        libraries = (info.libraries ?? [:]).keys.sorted()
        executable = info.executable.map { "Contents/MacOS/" + $0 }
        if let executable, !FileManager.default.fileExists(atPath: directory.appending(executable).string) {
            throw HostError(
                "read kext", directory.string, cause: "its Info.plist names the executable \(executable), which is not there",
                remedy: Self.remedy, exit: .data)
        }
    }

    private static let remedy = "take a kext from its project's release, whole"

    /// As the configuration names it.
    public var entry: KernelSection.Kext {
        KernelSection.Kext(
            bundlePath: name, comment: "\(identifier) \(version)", executablePath: executable ?? "", maxKernel: maxKernel,
            minKernel: minKernel)
    }
}
