package import Diagnostics
package import LinuxSupport
package import SystemPackage

/// What starts first in the Linux VM.
package enum LocalFirmware: Equatable, Sendable {
    /// SeaBIOS, which comes with QEMU.
    case bios
    /// OVMF: the code, and this machine's own copy of the variables.
    case uefi(code: FilePath, variables: FilePath)

    package enum Kind: String, CaseIterable, Sendable { case uefi, bios }

    /// OVMF's code, and the template of its variables.
    /// - Parameter root: where the files are looked for.
    /// - Throws: `osFile`.
    package static func installed(below root: FileRoot) throws(OperationError) -> (code: FilePath, template: FilePath) {
        let finder = FirmwareFinder(root: root)
        if let pair = finder.pairs().first { return (root.resolve(pair.code.path), root.resolve(pair.variables.path)) }
        let others = finder.unsuitable()
        throw OperationError(
            "find", "OVMF, the UEFI firmware",
            cause: others.isEmpty
                ? "no firmware descriptor of QEMU names it, and it is in none of the usual places"
                : "there is only a build that cannot start OpenCore: " + others.joined(separator: ", "),
            remedy: "install it (Debian: apt-get install ovmf), or use --firmware bios", exit: .osFile)
    }
}
