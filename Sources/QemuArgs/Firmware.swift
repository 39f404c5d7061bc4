/// What starts first in the guest.
public enum Firmware: Equatable, Sendable {
    /// QEMU's built-in BIOS; OpenCore then starts through its own boot sector (OpenDuet).
    case seaBIOS
    /// OVMF: the code, never written, and this guest's own copy of the variables. The two files have to be of one build.
    case ovmf(code: String, variables: String)

    /// The two flash images; nothing for the BIOS.
    public func arguments() throws(QemuArgsError) -> [QemuArgument] {
        guard case .ovmf(let code, let variables) = self else { return [] }
        // With the format named: QEMU would probe it, and refuse the guest's writes to the first sector.
        let flash = { (unit: Int) in OptionString().with("if", "pflash").with("format", "raw").with("unit", unit) }
        return [
            .drive(flash(0).with("readonly", true).with("file", try Check.path("firmware code", code))),
            .drive(flash(1).with("file", try Check.path("firmware variables", variables))),
        ]
    }
}
