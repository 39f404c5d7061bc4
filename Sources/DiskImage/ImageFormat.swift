package import Diagnostics
package import HostSupport
package import SystemPackage

/// The format of a disk image.
package enum ImageFormat: String, CaseIterable, Sendable {
    case raw, qcow2, vmdk, vhd

    package static let tool = Tool("qemu-img", from: "qemu-utils")

    /// The extension of the file name.
    package var suffix: String { self == .raw ? "img" : rawValue }

    /// qemu-img's name for it, with the options that suit its users.
    private var arguments: [String] {
        switch self {
        case .raw: ["-O", "raw"]
        // Readers since QEMU 1.1; zstd would need 5.1 and saves little on what is compressed already.
        case .qcow2: ["-O", "qcow2", "-c", "-o", "compat=1.1"]
        // What ESXi and Workstation import.
        case .vmdk: ["-O", "vmdk", "-o", "subformat=streamOptimized"]
        // What Azure and Hyper-V want: fixed, and exactly as long as asked for.
        case .vhd: ["-O", "vpc", "-o", "subformat=fixed,force_size=on"]
        }
    }

    /// Converts a raw image; the same image gives the same bytes.
    /// - Throws: `software` when qemu-img fails.
    package func convert(_ image: FilePath, to result: FilePath) async throws(OperationError) {
        try await Self.tool.run(["convert", "-f", "raw"] + arguments + [image.string, result.string])
        switch self {
        case .raw, .qcow2: break
        case .vmdk: try ReproducibleImage.normalizeVMDK(result)
        case .vhd: try ReproducibleImage.normalizeVHD(result)
        }
    }
}
