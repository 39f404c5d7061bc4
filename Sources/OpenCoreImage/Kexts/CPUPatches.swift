package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// Kernel patches for a guest with the CPU vendor AuthenticAMD, from a file of the user: AMD_Vanilla's patches.plist.
///
/// They are not part of this project, and `boot` does not need them: its guests see GenuineIntel on AMD hosts as well.
/// https://github.com/AMD-OSX/AMD_Vanilla
package enum CPUPatches {
    private struct File: Decodable {
        struct Kernel: Decodable {
            var patches: [KernelSection.Patch]

            enum CodingKeys: String, CodingKey { case patches = "Patch" }
        }
        var kernel: Kernel

        enum CodingKeys: String, CodingKey { case kernel = "Kernel" }
    }

    /// In the comment of each patch that needs the number of cores.
    static let coreCount = "cpuid_cores_per_package"

    /// Reads the patches and fills in the number of cores.
    /// - Parameter cores: in a package, 1 to 255.
    /// - Throws: `noInput`, `dataError`.
    package static func read(_ path: FilePath, cores: Int) throws(OperationError) -> [KernelSection.Patch] {
        let data = try InputFile.read(path)
        let patches: [KernelSection.Patch]
        do {
            patches = try PlistFile.decode(File.self, from: data).kernel.patches
        } catch {
            throw OperationError(
                "read patches", path.string, cause: "it is not \(PlistFile.form), with complete entries in Kernel.Patch",
                remedy: "use patches.plist of AMD_Vanilla unchanged", exit: .dataError)
        }
        let counted = try patches.map { (patch) throws(OperationError) in
            patch.comment.contains(coreCount) ? try withCores(patch, cores, path) : patch
        }
        guard counted != patches else {
            throw OperationError(
                "read patches", path.string, cause: "none of its patches has a place for the number of cores", exit: .dataError)
        }
        return counted
    }

    /// The replacement is `mov eax, N` (B8) or `mov edx, N` (BA): the number follows the opcode.
    private static func withCores(_ patch: KernelSection.Patch, _ cores: Int, _ path: FilePath) throws(OperationError)
        -> KernelSection.Patch
    {
        guard patch.replace.count >= 5, let opcode = patch.replace.first, opcode == 0xb8 || opcode == 0xba,
            let count = UInt8(exactly: cores),
            count > 0
        else {
            throw OperationError(
                "read patches", path.string, cause: "\(patch.comment.printable): its replacement does not begin with B8 or BA and a number",
                exit: .dataError)
        }
        var patch = patch
        patch.replace[patch.replace.startIndex + 1] = count
        return patch
    }
}
