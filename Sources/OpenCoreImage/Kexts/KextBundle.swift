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
    /// Its path inside the bundle; nil for a kext without code.
    package let executable: String?
    /// Identifiers of the kexts that must be loaded before it.
    package let libraries: [String]
    /// Darwin versions such as 22.0.0; empty for no limit.
    package var minKernel = ""
    package var maxKernel = ""

    struct Info: Decodable {
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
                cause: "it has no readable Contents/Info.plist of at most \(InputFile.limit >> 20) MiB",
                remedy: Self.remedy, exit: .noInput)
        }
        let info: Info
        do {
            info = try PlistFile.decode(Info.self, from: data)
        } catch {
            throw OperationError(
                "read kext", plist.string, cause: "it is not \(PlistFile.form), with a CFBundleIdentifier", remedy: Self.remedy,
                exit: .dataError)
        }
        identifier = info.identifier
        version = info.version ?? ""
        libraries = (info.libraries ?? [:]).keys.sorted()
        executable = info.executable.map { "Contents/MacOS/" + $0 }
        if let executable, !FileManager.default.fileExists(atPath: directory.appending(executable).string) {
            throw OperationError(
                "read kext", directory.string, cause: "its Info.plist names the executable \(executable.printable), which does not exist",
                remedy: Self.remedy, exit: .dataError)
        }
    }

    private static let remedy = "use a complete kext of its project's release"

    /// Its entry in the configuration.
    package var entry: KernelSection.Kext {
        KernelSection.Kext(
            bundlePath: name, comment: "\(identifier) \(version)", executablePath: executable ?? "", maxKernel: maxKernel,
            minKernel: minKernel)
    }
}

/// The order in which OpenCore injects kexts: dependencies first.
package enum KextOrder {
    /// The given order, but with each kext after its dependencies.
    /// - Throws: `dataError` for two kexts of one identifier, and for kexts that need each other.
    package static func sort(_ kexts: [KextBundle]) throws(OperationError) -> [KextBundle] {
        var rest = kexts
        var sorted: [KextBundle] = []
        for (index, kext) in kexts.enumerated() {
            if let twin = kexts[..<index].first(where: { $0.identifier == kext.identifier || $0.name == kext.name }) {
                throw OperationError(
                    "order kexts", kext.name, cause: "\(twin.directory) and \(kext.directory) are both \(kext.identifier.printable)",
                    remedy: "name only one of them", exit: .dataError)
            }
        }
        while !rest.isEmpty {
            let waiting = Set(rest.map(\.identifier))
            guard let next = rest.firstIndex(where: { waiting.isDisjoint(with: $0.libraries) }) else {
                throw OperationError(
                    "order kexts", rest.map(\.name).joined(separator: ", "), cause: "they depend on each other in a circle",
                    exit: .dataError)
            }
            sorted.append(rest.remove(at: next))
        }
        return sorted
    }

    /// Dependencies that are neither among the kexts nor Apple's.
    package static func missing(_ kexts: [KextBundle]) -> [String] {
        let present = Set(kexts.map(\.identifier))
        return Set(kexts.flatMap(\.libraries)).subtracting(present).filter { !$0.hasPrefix("com.apple.") }.sorted()
    }
}
