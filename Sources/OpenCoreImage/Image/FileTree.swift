package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// The files of the disk, put together in a directory.
package struct FileTree: Sendable {
    package var release: OpenCoreRelease
    package var kexts: [KextBundle]
    /// Files; those of the release and others.
    package var drivers: [FilePath]
    /// OpenCanopy's pictures and fonts; nil without it.
    package var resources: FilePath?
    /// Below EFI/OC: the version, for `inspect`.
    static let versionFile = "VERSION"
    /// OpenDuet, for a BIOS.
    package var duet: FilePath?

    package init(release: OpenCoreRelease, kexts: [KextBundle], drivers: [FilePath], resources: FilePath?, duet: FilePath?) {
        (self.release, self.kexts, self.drivers, self.resources, self.duet) = (release, kexts, drivers, resources, duet)
    }

    /// - Throws: `cantCreate`, `dataError` when OpenCanopy has no resources.
    package func write(_ configuration: String, to root: FilePath, scratch: FilePath) async throws(OperationError) {
        let core = root.appending("EFI/OC")
        for directory in ["EFI/BOOT", "EFI/OC/ACPI", "EFI/OC/Drivers", "EFI/OC/Kexts", "EFI/OC/Tools"] {
            try Draft.makeDirectory(root.appending(directory))
        }
        try OutputFile.copy(release.efi.appending("BOOT/BOOTx64.efi"), to: root.appending("EFI/BOOT/BOOTx64.efi"))
        // Read by OpenCore's picker: without it the disk offers to start itself. Configuration.pdf, "ScanPolicy", content visibility.
        try OutputFile.write(Data("Disabled".utf8), to: root.appending("EFI/BOOT/.contentVisibility"))
        try OutputFile.copy(release.efi.appending("OC/OpenCore.efi"), to: core.appending("OpenCore.efi"))
        for driver in drivers { try OutputFile.copy(driver, to: core.appending("Drivers").appending(driver.lastComponent?.string ?? "")) }
        for kext in kexts { try OutputFile.copy(kext.directory, to: core.appending("Kexts").appending(kext.name)) }
        for table in ACPITable.allCases { try await table.compile(into: core.appending("ACPI"), scratch: scratch) }
        if let resources { try Self.copyResources(resources, to: core) }
        // OpenCore itself does not tell its version before it runs.
        try OutputFile.write(Data("\(release.version)\n".utf8), to: core.appending(Self.versionFile))
        if let duet { try OutputFile.copy(duet, to: root.appending("boot")) }
        try OutputFile.write(Data(configuration.utf8), to: core.appending("config.plist"))
        try Archive.refuseLinks(in: root)
    }

    private static func copyResources(_ resources: FilePath, to core: FilePath) throws(OperationError) {
        // The release has empty directories: the pictures are a repository of their own.
        guard FileManager.default.enumerator(atPath: resources.appending("Image").string)?.nextObject() != nil else {
            throw OperationError(
                "read", resources.string, cause: "there are no pictures in it, which OpenCanopy needs",
                remedy: "give Resources of acidanthera's OcBinaryData with --resources, or leave out --canopy", exit: .dataError)
        }
        try OutputFile.copy(resources, to: core.appending("Resources"))
    }
}
