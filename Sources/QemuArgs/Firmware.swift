/// What starts first in the guest.
public enum Firmware: Codable, Equatable, Sendable {
    /// QEMU's built-in BIOS; OpenCore then starts through its own boot sector (OpenDuet).
    case seaBIOS
    /// OVMF: the code, never written, and this guest's own copy of the variables. Their sizes have to belong together.
    case ovmf(code: String, variables: String)

    func arguments() throws(QemuArgsError) -> [Argument] {
        guard case .ovmf(let code, let variables) = self else { return [] }
        // The format is named, or QEMU would probe it and refuse to let the guest write the first sector.
        return [
            .drive(
                OptionString().with("if", "pflash").with("unit", 0).with("format", "raw").with("readonly", true)
                    .with("file", try Check.path("firmware code", code))),
            .drive(
                OptionString().with("if", "pflash").with("unit", 1).with("format", "raw")
                    .with("file", try Check.path("firmware variables", variables))),
            // Newer builds of OVMF offer a memory attribute protocol that boot loaders of that age misuse; a build without it ignores this.
            // https://github.com/qemus/qemu (src/config.sh) sets it for every OVMF guest.
            Argument("-fw_cfg", OptionString().with("name", "opt/org.tianocore/UninstallMemAttrProtocol").with("string", "y")),
        ]
    }
}
