import Diagnostics
import DiskImage
import Foundation
import HostSupport
import SystemPackage

/// What is on an OpenCore disk.
package struct ImageSummary: Sendable {
    /// "gpt" or "dos"; "none" for a volume without partitions.
    let label: String
    /// nil on a disk that another program made.
    let version: OpenCoreVersion?
    /// How the version is known, in the words of `OpenCoreRelease.Evidence`.
    let evidence: String
    let build: Release.Build
    /// Whether OpenDuet is there.
    let startsFromBIOS: Bool
    /// Enabled kexts with the versions of the bundles, and the kernels that they are limited to.
    let kexts: [String]
    /// Enabled in the configuration, but not on the disk.
    let absent: [String]
    let configuration: ConfigurationReading

    static let core = "EFI/OC/OpenCore.efi"

    /// - Throws: `dataError` when it contains no OpenCore or no readable configuration.
    init(_ volume: EFIVolume, _ image: FilePath) throws(OperationError) {
        guard let core = volume.contents(Self.core) else {
            throw OperationError(
                "read", image.string, cause: "there is no \(Self.core) on its FAT volume", remedy: "name an OpenCore disk", exit: .dataError
            )
        }
        guard let build = OpenCoreRelease.build(core) else {
            throw OperationError(
                "read", image.string, cause: "its OpenCore.efi is not OpenCore of version 1: it contains none of \(OpenCoreRelease.marks)",
                remedy: "make the disk with `macos-virt mkopencore`", exit: .dataError)
        }
        configuration = try Self.configuration(volume.contents("EFI/OC/config.plist") ?? Data(), image)
        label = volume.label
        self.build = build
        let told = String(decoding: volume.contents("EFI/OC/" + FileTree.versionFile, limit: 4096) ?? Data(), as: UTF8.self)
            .split(whereSeparator: \.isNewline)
        version = told.first.flatMap { OpenCoreVersion($0) }
        evidence = told.dropFirst().first.flatMap { OpenCoreRelease.Evidence(rawValue: String($0)) }?.rawValue ?? "unchecked"
        startsFromBIOS = volume.exists("boot")
        var absent: [String] = []
        kexts = configuration.kernel.add.filter(\.enabled).map { kext in
            let directory = "EFI/OC/Kexts/" + kext.bundlePath
            guard let info = volume.contents(directory + "/Contents/Info.plist"),
                let bundle = try? PlistFile.decode(KextBundle.Info.self, from: info)
            else {
                absent.append(directory)
                return kext.bundlePath
            }
            let limits = [kext.minKernel ?? "", kext.maxKernel ?? ""]
            let span = limits == ["", ""] ? "" : " (kernel \(limits.joined(separator: " to ")))"
            return "\(kext.bundlePath) \(bundle.version ?? "")\(span)"
        }
        absent += configuration.uefi.drivers.filter(\.enabled).map { "EFI/OC/Drivers/" + $0.path }.filter { !volume.exists($0) }
        self.absent = absent
    }

    static func configuration(_ plist: Data, _ image: FilePath) throws(OperationError) -> ConfigurationReading {
        do {
            return try PlistFile.decode(ConfigurationReading.self, from: plist)
        } catch {
            throw OperationError(
                "read", image.string, cause: "EFI/OC/config.plist is not a configuration of OpenCore 1.0: \(reason(error).printable)",
                exit: .dataError)
        }
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

    /// A table for people. Serial numbers are private: masked unless `showsSerials`.
    package func text(showsSerials: Bool) -> String {
        let generic = configuration.platformInfo.generic
        let shown = { (text: String?) in text.map { showsSerials ? $0 : Self.masked($0) } ?? "none" }
        let boot = configuration.misc.boot
        let security = configuration.misc.security
        let apple = configuration.nvram.add.apple
        let rows: [(String, String)] = [
            ("OpenCore", "\(version.map { "\($0) (\(evidence))" } ?? "of unknown version"), \(build.rawValue) build"),
            (
                "disk",
                "\(label == "dos" ? "MBR" : label == "none" ? "no partitions" : label.uppercased()), starts from \(startsFromBIOS ? "UEFI and BIOS" : "UEFI")"
            ),
            ("model", generic?.model ?? "none"),
            ("serial", shown(generic?.serial)),
            ("board serial", shown(generic?.boardSerial)),
            ("UUID", shown(generic?.uuid)),
            ("ROM", shown(generic?.rom.map { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":") })),
            ("boot-args", apple?.bootArguments ?? "none"),
            (
                "SIP mask",
                apple?.integrity.map { "0x" + $0.reversed().hexadecimal } ?? "none"
            ),
            ("starts", configuration.misc.start),
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
        let missing = absent.map { "missing       \($0) is in the configuration, but not on the disk" }
        return (lines + missing).map { $0.printable }.joined(separator: "\n")
    }

    /// The first three characters, which tell the factory, and dots.
    static func masked(_ text: String) -> String {
        String(text.prefix(3)) + String(repeating: "·", count: max(0, text.count - 3))
    }
}
