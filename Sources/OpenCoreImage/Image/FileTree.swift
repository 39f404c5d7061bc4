package import Diagnostics
import Foundation
package import HostSupport
package import SystemPackage

/// The files of the OpenCore disk, collected in a directory.
package struct FileTree: Sendable {
    package var release: OpenCoreRelease
    package var kexts: [KextBundle]
    /// Paths; of the release's drivers and others.
    package var drivers: [FilePath]
    /// OpenCanopy's icons and fonts; nil without OpenCanopy.
    package var resources: FilePath?
    /// OpenDuet, for BIOS.
    package var duet: FilePath?

    package init(release: OpenCoreRelease, kexts: [KextBundle], drivers: [FilePath], resources: FilePath?, duet: FilePath?) {
        (self.release, self.kexts, self.drivers, self.resources, self.duet) = (release, kexts, drivers, resources, duet)
    }

    /// The version of OpenCore and how it is known, one line each, for `inspect`. Below EFI/OC.
    static let versionFile = "VERSION"

    /// - Throws: `cantCreate`; `dataError` when OpenCanopy has no resources.
    package func write(_ configuration: String, to root: FilePath, scratch: FilePath) async throws(OperationError) {
        let core = root.appending("EFI/OC")
        for directory in ["EFI/BOOT", "EFI/OC/ACPI", "EFI/OC/Drivers", "EFI/OC/Kexts", "EFI/OC/Tools"] {
            try DraftFile.makeDirectory(root.appending(directory))
        }
        try InputFile.copy(release.efi.appending("BOOT/BOOTx64.efi"), to: root.appending("EFI/BOOT/BOOTx64.efi"))
        // OpenCore's picker reads it: without it, the disk would offer itself. Configuration.pdf, "ScanPolicy", content visibility.
        try DraftFile.write(Data("Disabled".utf8), to: root.appending("EFI/BOOT/.contentVisibility"))
        try InputFile.copy(release.efi.appending("OC/OpenCore.efi"), to: core.appending("OpenCore.efi"))
        for driver in drivers { try InputFile.copy(driver, to: core.appending("Drivers").appending(driver.lastComponent?.string ?? "")) }
        for kext in kexts { try DraftFile.copyTree(kext.directory, to: core.appending("Kexts").appending(kext.name)) }
        for table in ACPITable.allCases { try await table.compile(into: core.appending("ACPI"), scratch: scratch) }
        if let resources { try Self.copyResources(resources, to: core) }
        // OpenCore.efi does not contain its version.
        try DraftFile.write(Data("\(release.version)\n\(release.evidence.rawValue)\n".utf8), to: core.appending(Self.versionFile))
        if let duet { try InputFile.copy(duet, to: root.appending("boot")) }
        try DraftFile.write(Data(configuration.utf8), to: core.appending("config.plist"))
    }

    private static func copyResources(_ resources: FilePath, to core: FilePath) throws(OperationError) {
        // The release has empty directories: the icons come from a repository of their own.
        guard FileManager.default.enumerator(atPath: resources.appending("Image").string)?.nextObject() != nil else {
            throw OperationError(
                "read", resources.string, cause: "it does not contain the icons that OpenCanopy needs",
                remedy: "name the directory Resources of acidanthera's OcBinaryData with --resources, or leave out --canopy",
                exit: .dataError)
        }
        try DraftFile.copyTree(resources, to: core.appending("Resources"))
    }

    /// The size of all files below a directory.
    static func bytes(_ directory: FilePath) -> Int {
        var total = 0
        let paths = FileManager.default.enumerator(atPath: directory.string)
        while paths?.nextObject() != nil { total += (paths?.fileAttributes?[.size] as? Int) ?? 0 }
        return total
    }
}

/// The ACPI tables in addition to QEMU's, compiled from our own source.
package enum ACPITable: CaseIterable, Sendable {
    /// An embedded controller, and the USB power properties that macOS expects.
    case embeddedController

    package static let tool = Tool("iasl", from: "acpica-tools")

    private var name: String { "SSDT-EC-USBX" }

    /// Below EFI/OC/ACPI.
    package var fileName: String { name + ".aml" }

    private var source: [UInt8] { PackageResources.SSDT_EC_USBX_asl }

    /// Compiles it into a directory: iasl -p NAME.aml NAME.asl
    /// - Throws: `osFile`, `software` when it does not compile, `cantCreate`.
    package func compile(into directory: FilePath, scratch: FilePath) async throws(OperationError) {
        let input = scratch.appending(name + ".asl")
        try DraftFile.write(Data(source), to: input)
        try await Self.tool.run(["-p", directory.appending(fileName).string, input.string])
    }
}
