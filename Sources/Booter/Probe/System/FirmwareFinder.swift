import LinuxSupport

/// Finds OVMF: flash images of code, and templates of variables that belong to them.
struct FirmwareFinder {
    let root: FileRoot
    /// Paths of the configuration.
    let code: String?
    let variables: String?

    /// Where distributions have plain builds. Those with Secure Boot or SMM (.secboot, .ms) are of no use:
    /// OpenCore is not signed by Microsoft, and the guest has no SMM.
    private static let usual: [(code: String, variables: String)] = [
        // Our own image.
        ("/macos/OVMF_CODE.fd", "/macos/OVMF_VARS.fd"),
        // Debian and Ubuntu; Alpine's ovmf, and Ubuntu before 23.10, have the second.
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
        // Arch
        ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
        ("/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd"),
        // Fedora, RHEL; Gentoo
        ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
        ("/usr/share/edk2-ovmf/OVMF_CODE.fd", "/usr/share/edk2-ovmf/OVMF_VARS.fd"),
        // openSUSE
        ("/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"),
        ("/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"),
        // What QEMU installs itself: 32 and 64 bit share the variables.
        ("/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd"),
        ("/usr/local/share/qemu/edk2-x86_64-code.fd", "/usr/local/share/qemu/edk2-i386-vars.fd"),
    ]

    /// Best first: as configured, then pairs that match in size, in the order of the list.
    func pairs() -> [FirmwarePair] {
        let found = Self.usual.compactMap { pair($0.code, $0.variables) }
        let usual = found.filter(\.matches) + found.filter { !$0.matches }
        guard code != nil || variables != nil else { return usual }
        // One of the two named: the other is whichever known one belongs to it.
        let codes = code.map { [$0] } ?? usual.map(\.code.path)
        let templates = variables.map { [$0] } ?? usual.map(\.variables.path)
        let configured = codes.flatMap { code in templates.compactMap { pair(code, $0) } }
        let best = configured.first(where: \.matches) ?? configured.first
        return [best].compactMap { $0 } + usual.filter { $0 != best }
    }

    private func pair(_ code: String, _ variables: String) -> FirmwarePair? {
        guard let code = root.fact(code), let variables = root.fact(variables) else { return nil }
        return FirmwarePair(code: code, variables: variables)
    }
}
