package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// The ACPI tables that are added to QEMU's, compiled from our own source.
package enum ACPITable: CaseIterable, Sendable {
    /// A controller and USB power properties that macOS asks for.
    case embeddedController

    private var name: String { "SSDT-EC-USBX" }

    /// Below EFI/OC/ACPI.
    package var fileName: String { name + ".aml" }

    private var source: [UInt8] { PackageResources.SSDT_EC_USBX_asl }

    /// Compiles it into a directory: iasl -p NAME.aml NAME.asl
    /// - Throws: `osFile`, `software` when it does not compile, `cantCreate`.
    package func compile(into directory: FilePath, scratch: FilePath) async throws(OperationError) {
        let input = scratch.appending(name + ".asl")
        try OutputFile.write(Data(source), to: input)
        try await Tool("iasl", from: "acpica-tools").run(["-p", directory.appending(fileName).string, input.string])
    }
}
