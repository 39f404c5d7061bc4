/// OVMF code and its variable template. The sizes belong together: 1 966 080 with 131 072 bytes (2 MiB build),
/// 3 653 632 with 540 672 bytes (4 MiB build); a mixed pair boots but never keeps a variable.
package struct FirmwarePair: Codable, Equatable, Sendable {
    package var code: FileFact
    package var variables: FileFact

    package init(code: FileFact, variables: FileFact) { (self.code, self.variables) = (code, variables) }

    package var matches: Bool {
        switch (code.size, variables.size) {
        case (1_966_080, 131_072), (3_653_632, 540_672): true
        // Any other build: code and variables fill one flash of a power of two.
        case (let code, let variables): (code &+ variables).nonzeroBitCount == 1
        }
    }
}

/// Finds OVMF: flash images of code, and templates of variables that belong to them.
///
/// QEMU's firmware descriptors name them on every distribution that ships any (docs/interop/firmware.json of QEMU); where there are
/// none, the places where distributions have their builds.
package struct FirmwareFinder {
    package let root: FileRoot
    /// Paths of the configuration.
    package let code: String?
    package let variables: String?

    package init(root: FileRoot, code: String? = nil, variables: String? = nil) {
        (self.root, self.code, self.variables) = (root, code, variables)
    }

    /// Our own image.
    private static let own = (code: "/macos/OVMF_CODE.fd", variables: "/macos/OVMF_VARS.fd")

    /// Plain builds. Those with Secure Boot or SMM (.secboot, .ms) are of no use: OpenCore is not signed by Microsoft, and the guest
    /// has no SMM.
    private static let places: [(code: String, variables: String)] = [
        // Debian, Ubuntu and Proxmox; Alpine's ovmf, and Ubuntu before 23.10, have the second.
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
        ("/usr/share/pve-edk2-firmware/OVMF_CODE_4M.fd", "/usr/share/pve-edk2-firmware/OVMF_VARS_4M.fd"),
        ("/usr/share/pve-edk2-firmware/OVMF_CODE.fd", "/usr/share/pve-edk2-firmware/OVMF_VARS.fd"),
        // Arch, from new to old
        ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
        ("/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd"),
        ("/usr/share/OVMF/x64/OVMF_CODE.4m.fd", "/usr/share/OVMF/x64/OVMF_VARS.4m.fd"),
        ("/usr/share/OVMF/x64/OVMF_CODE.fd", "/usr/share/OVMF/x64/OVMF_VARS.fd"),
        // Fedora and RHEL
        ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
        // Gentoo, from new to old
        ("/usr/share/edk2/OvmfX64/OVMF_CODE_4M.fd", "/usr/share/edk2/OvmfX64/OVMF_VARS_4M.fd"),
        ("/usr/share/edk2/OvmfX64/OVMF_CODE.fd", "/usr/share/edk2/OvmfX64/OVMF_VARS.fd"),
        ("/usr/share/edk2-ovmf/OVMF_CODE.fd", "/usr/share/edk2-ovmf/OVMF_VARS.fd"),
        // openSUSE
        ("/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"),
        ("/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"),
        // NixOS: what libvirt's module links
        ("/run/libvirt/nix-ovmf/OVMF_CODE.fd", "/run/libvirt/nix-ovmf/OVMF_VARS.fd"),
        ("/run/libvirt/nix-ovmf/edk2-x86_64-code.fd", "/run/libvirt/nix-ovmf/edk2-i386-vars.fd"),
    ]
    /// The prefixes of QEMU's own files: distributions, a build from source, NixOS, and Homebrew on macOS and Linux.
    private static let prefixes = [
        "/usr/share/qemu", "/usr/local/share/qemu", "/run/current-system/sw/share/qemu", "/opt/homebrew/share/qemu",
        "/home/linuxbrew/.linuxbrew/share/qemu",
    ]

    /// Best first: as configured, then pairs that match in size, in the order of the lists.
    package func pairs() -> [FirmwarePair] {
        let usual = usual()
        guard code != nil || variables != nil else { return usual }
        // One of the two named: the other is whichever known one belongs to it.
        let codes = code.map { [$0] } ?? usual.map(\.code.path)
        let templates = variables.map { [$0] } ?? usual.map(\.variables.path)
        let configured = codes.flatMap { code in templates.compactMap { pair(code, $0) } }
        let best = configured.first(where: \.matches) ?? configured.first
        return [best].compactMap { $0 } + usual.filter { $0 != best }
    }

    private func usual() -> [FirmwarePair] {
        let own = pair(Self.own.code, Self.own.variables)
        // In our own image there is nothing to look for: the descriptors, a dozen files, are not read.
        if let own, own.matches { return [own] }
        // QEMU's own builds of 32 and 64 bits share the variables.
        let shipped = Self.prefixes.map { (code: $0 + "/edk2-x86_64-code.fd", variables: $0 + "/edk2-i386-vars.fd") }
        var found: [FirmwarePair] = []
        for files in described() + Self.places + shipped {
            if let pair = pair(files.code, files.variables), !found.contains(pair) { found.append(pair) }
        }
        found += [own].compactMap { $0 }
        return found.filter(\.matches) + found.filter { !$0.matches }
    }

    private func pair(_ code: String, _ variables: String) -> FirmwarePair? {
        guard let code = root.fact(code), let variables = root.fact(variables) else { return nil }
        return FirmwarePair(code: code, variables: variables)
    }

    // MARK: Descriptors

    private func described() -> [(code: String, variables: String)] {
        descriptors().filter { !$0.needsSecureBoot }.map { ($0.code, $0.variables) }
    }

    /// In QEMU's order: by file name over all directories; a name in an earlier directory hides the same in a later one, and an empty
    /// file hides it for good.
    private func descriptors() -> [FirmwareDescriptor] {
        var paths: [String: String] = [:]
        for directory in ["/etc/qemu/firmware"] + Self.prefixes.map({ $0 + "/firmware" }) {
            for name in root.list(directory) where name.hasSuffix(".json") && paths[name] == nil { paths[name] = "\(directory)/\(name)" }
        }
        return paths.sorted { $0.key < $1.key }.compactMap { _, path in
            (try? root.prefix(path, bytes: 64 << 10)).flatMap { FirmwareDescriptor(parsing: $0) }
        }
    }

    /// Paths of OVMF that cannot start OpenCore, each with the reason, for a machine that has no other.
    package func unsuitable() -> [String] {
        let secure = descriptors().filter(\.needsSecureBoot).map(\.code) + Self.secureBuilds
        var named: [String] = []
        for path in secure where root.exists(path) && !named.contains(path) { named.append(path) }
        return named.map { $0 + " (Secure Boot only)" }
            + Self.combined.filter { root.exists($0) }.map { $0 + " (code and variables in one file)" }
    }

    private static let secureBuilds = [
        "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd",
        "/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd", "/usr/share/edk2/OvmfX64/OVMF_CODE.secboot.fd",
        "/usr/share/pve-edk2-firmware/OVMF_CODE_4M.secboot.fd", "/usr/share/qemu/edk2-x86_64-secure-code.fd",
        "/usr/share/qemu/ovmf-x86_64-smm-ms-code.bin",
    ]
    private static let combined = [
        "/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF.fd", "/usr/share/edk2/ovmf/OVMF.fd", "/usr/share/edk2-ovmf/OVMF.fd",
        "/usr/share/qemu/OVMF.fd",
    ]
}

/// A firmware descriptor of QEMU, as far as it names UEFI for this guest in two raw flash images.
package struct FirmwareDescriptor: Equatable, Sendable {
    package var code: String
    package var variables: String
    /// It demands signed boot loaders, or SMM.
    package var needsSecureBoot: Bool

    /// nil for another architecture, another interface, another mapping, and for images in qcow2.
    package init?(parsing bytes: [UInt8]) {
        guard let value = JSONValue(parsing: bytes), value["interface-types"]?.texts.contains("uefi") ?? false,
            let mapping = value["mapping"], mapping["device"] == .string("flash"),
            // "stateless" has no variables, "combined" has them in the same file.
            mapping["mode"] == nil || mapping["mode"] == .string("split"),
            let code = Self.raw(mapping["executable"]), let variables = Self.raw(mapping["nvram-template"])
        else { return nil }
        let targets = value["targets"]?.elements ?? []
        guard
            targets.contains(where: {
                $0["architecture"] == .string("x86_64") && $0["machines"]?.texts.contains(where: Self.isQ35) ?? false
            })
        else { return nil }
        (self.code, self.variables) = (code, variables)
        let features = value["features"]?.texts ?? []
        needsSecureBoot = ["secure-boot", "requires-smm", "enrolled-keys"].contains { features.contains($0) }
    }

    private static func raw(_ file: JSONValue?) -> String? {
        guard let path = file?["filename"]?.text, path.hasPrefix("/"), file?["format"] == .string("raw") else { return nil }
        return path
    }

    /// "pc-q35-*", "q35", "pc-q35-7.*"
    private static func isQ35(_ machine: String) -> Bool { machine.holds("q35") || machine == "*" }
}
