import Diagnostics
import DiskFormats
import Foundation
import HostSupport
import SystemPackage

/// What is on an OpenCore disk.
package struct ImageSummary: Sendable {
    /// "gpt" or "dos".
    let label: String
    /// nil on a disk that another program made.
    let version: OpenCoreVersion?
    let build: BuildKind
    /// Whether OpenDuet is there.
    let startsFromBIOS: Bool
    /// Enabled kexts with the versions of the bundles, and the kernels that they are limited to.
    let kexts: [String]
    /// Enabled in the configuration, and not on the disk.
    let absent: [String]
    let configuration: ConfigurationReading

    /// - Throws: `dataError` when there is no OpenCore or no configuration that can be read.
    init(tree: FilePath, label: String, image: FilePath) throws(OperationError) {
        let core = tree.appending("EFI/OC")
        guard FileManager.default.fileExists(atPath: core.appending("OpenCore.efi").string) else {
            throw OperationError("read", image.string, cause: "there is no EFI/OC/OpenCore.efi on its partition", exit: .dataError)
        }
        let plist = InputFile.contents(core.appending("config.plist")) ?? Data()
        do {
            configuration = try PlistFile.decode(ConfigurationReading.self, from: plist)
        } catch {
            throw OperationError(
                "read", image.string, cause: "EFI/OC/config.plist is not a configuration of OpenCore 1.0: \(Self.reason(error))",
                exit: .dataError)
        }
        self.label = label
        build = try OpenCoreRelease.build(core.appending("OpenCore.efi"))
        let text = InputFile.contents(core.appending(FileTree.versionFile)) ?? Data()
        version = OpenCoreVersion(String(decoding: text, as: UTF8.self).prefix { !$0.isNewline })
        startsFromBIOS = FileManager.default.fileExists(atPath: tree.appending("boot").string)
        var absent: [String] = []
        kexts = configuration.kernel.add.filter(\.enabled).map { kext in
            let directory = core.appending("Kexts").appending(kext.bundlePath)
            guard let bundle = try? KextBundle(directory) else {
                absent.append("EFI/OC/Kexts/" + kext.bundlePath)
                return kext.bundlePath
            }
            let limits = [kext.minKernel ?? "", kext.maxKernel ?? ""]
            let span = limits == ["", ""] ? "" : " (kernel \(limits.joined(separator: " to ")))"
            return "\(kext.bundlePath) \(bundle.version)\(span)"
        }
        absent += configuration.uefi.drivers.filter(\.enabled).map { "EFI/OC/Drivers/" + $0.path }
            .filter { !FileManager.default.fileExists(atPath: tree.appending($0).string) }
        self.absent = absent
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            "there is no " + (context.codingPath + [key]).map(\.stringValue).joined(separator: ".")
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            context.codingPath.map(\.stringValue).joined(separator: ".") + " is of another type"
        default: "it is not \(PlistFile.form)"
        }
    }

    /// For people. Serial numbers are private: masked unless they are asked for.
    package func text(showsSerials: Bool) -> String {
        let generic = configuration.platformInfo.generic
        let shown = { (text: String?) in text.map { showsSerials ? $0 : Self.masked($0) } ?? "none" }
        let boot = configuration.misc.boot
        let security = configuration.misc.security
        let apple = configuration.nvram.add.apple
        let rows: [(String, String)] = [
            ("OpenCore", "\(version?.description ?? "of unknown version"), \(build.rawValue) build"),
            ("disk", "\(label == "dos" ? "MBR" : label.uppercased()), starts from \(startsFromBIOS ? "UEFI and BIOS" : "UEFI")"),
            ("model", generic?.model ?? "none"),
            ("serial", shown(generic?.serial)),
            ("board serial", shown(generic?.boardSerial)),
            ("UUID", shown(generic?.uuid)),
            ("ROM", shown(generic?.rom.map { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":") })),
            ("boot-args", apple?.bootArguments ?? "none"),
            (
                "SIP mask",
                apple?.integrity.map { "0x" + $0.reversed().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() } ?? "none"
            ),
            ("picker", boot.showPicker ?? false ? "\(boot.pickerMode ?? "Builtin"), \(boot.timeout ?? 0) s" : "hidden"),
            ("resolution", configuration.uefi.output.resolution ?? "none"),
            (
                "security",
                "SecureBootModel \(security.secureBootModel ?? "?"), DmgLoading \(security.dmgLoading ?? "?"), "
                    + "ScanPolicy \(security.scanPolicy.map { String($0) } ?? "?"), Vault \(security.vault ?? "?")"
            ),
            ("drivers", configuration.uefi.drivers.filter(\.enabled).map(\.path).joined(separator: ", ")),
            ("kexts", kexts.isEmpty ? "none" : kexts.joined(separator: ", ")),
        ]
        let width = 14
        let lines = rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count) + $0.1 }
        let missing = absent.map { "missing       \($0) is in the configuration and not on the disk" }
        return (lines + missing).map { $0.printable }.joined(separator: "\n")
    }

    /// The first three characters, which say where it was made, and dots.
    static func masked(_ text: String) -> String {
        String(text.prefix(3)) + String(repeating: "·", count: max(0, text.count - 3))
    }
}
