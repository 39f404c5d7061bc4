import Foundation
public import HostSupport
public import SystemPackage

/// The ACPI tables that are added to QEMU's, compiled from our own source.
public enum ACPITable: CaseIterable, Sendable {
    /// A controller and USB power properties that macOS asks for.
    case embeddedController

    private var name: String { "SSDT-EC-USBX" }

    /// Below EFI/OC/ACPI.
    public var fileName: String { name + ".aml" }

    private var source: [UInt8] { PackageResources.SSDT_EC_USBX_asl }

    /// Compiles it into a directory: iasl -p NAME.aml NAME.asl
    /// - Throws: `toolMissing`, `software` when it does not compile, `cantCreate`.
    public func compile(into directory: FilePath, scratch: FilePath) async throws(HostError) {
        let input = scratch.appending(name + ".asl")
        try OutputFile.write(Data(source), to: input)
        try await Tool("iasl", from: "acpica-tools").run(["-p", directory.appending(fileName).string, input.string])
    }
}
