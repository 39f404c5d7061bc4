import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// What starts first in the Linux VM.
package enum LocalFirmware: Equatable, Sendable {
    /// SeaBIOS, which QEMU brings.
    case bios
    /// OVMF: the code, and this machine's own copy of the variables.
    case uefi(code: FilePath, variables: FilePath)

    package enum Kind: String, CaseIterable, Sendable { case uefi, bios }

    /// A pair of OVMF's files of one build, without Secure Boot: the image's loader is not signed.
    struct Pair: Equatable, Sendable {
        var code: FilePath
        var template: FilePath
    }

    /// Debian and Ubuntu; their older builds; Arch; Fedora; openSUSE.
    private static let usual = [
        Pair(code: "/usr/share/OVMF/OVMF_CODE_4M.fd", template: "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        Pair(code: "/usr/share/OVMF/OVMF_CODE.fd", template: "/usr/share/OVMF/OVMF_VARS.fd"),
        Pair(code: "/usr/share/edk2/x64/OVMF_CODE.4m.fd", template: "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
        Pair(code: "/usr/share/edk2/ovmf/OVMF_CODE.fd", template: "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
        Pair(code: "/usr/share/qemu/ovmf-x86_64-4m-code.bin", template: "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"),
    ]

    /// - Parameter root: where the files are looked for.
    /// - Throws: `osFile`.
    static func installed(below root: FilePath = "/") throws(OperationError) -> Pair {
        for pair in usual {
            let here = Pair(code: root.pushing(pair.code.relative), template: root.pushing(pair.template.relative))
            if [here.code, here.template].allSatisfy({ FileManager.default.fileExists(atPath: $0.string) }) { return here }
        }
        throw OperationError(
            "find", "OVMF, the UEFI firmware", cause: "it is in none of the places where distributions have it",
            remedy: "install it (Debian: apt-get install ovmf), or use --firmware bios", exit: .osFile)
    }
}

extension FilePath {
    /// The same without the root: for a place below another one.
    fileprivate var relative: FilePath { FilePath(root: nil, components) }
}
