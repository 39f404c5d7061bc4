/// The screen: a graphics card in the guest and, if wanted, a VNC server to look at it.
public struct Display: Codable, Equatable, Sendable {
    /// macOS drives both as a plain frame buffer, without acceleration; OVMF draws on both.
    public enum Card: String, Codable, Equatable, Sendable, CaseIterable {
        case vga = "VGA"
        /// The one with more than three resolutions in macOS 13. https://github.com/kholia/OSX-KVM (notes.md, Resolution in Ventura)
        case vmware = "vmware-svga"
    }
    public enum VNC: Codable, Equatable, Sendable {
        case off
        case unix(String)
        /// TCP port 5900 + display.
        case tcp(host: String, display: Int)
    }

    public var card: Card
    /// Video memory, MiB, a power of two: 64 is enough for 3840 x 2160 twice.
    public var memory: Int
    public var vnc: VNC
    /// A file that holds the VNC password and nothing else: a newline at its end would belong to the password. Read before QEMU
    /// changes its user.
    public var passwordFile: String?

    public init(card: Card = .vmware, memory: Int = 64, vnc: VNC = .off, passwordFile: String? = nil) {
        self.card = card
        self.memory = memory
        self.vnc = vnc
        self.passwordFile = passwordFile
    }

    func arguments() throws(QemuArgsError) -> [Argument] {
        guard 1...512 ~= memory, memory.nonzeroBitCount == 1 else {
            throw .invalidValue(what: "video memory", value: String(memory), reason: "not a power of two up to 512 MiB")
        }
        var arguments: [Argument] = [
            .device(OptionString(card.rawValue).with("id", "screen").with("addr", PCISlot.display.address).with("vgamem_mb", memory)),
            // No window: without this QEMU would open one, or a VNC server, by itself.
            Argument("-display", "none"),
        ]
        let server: OptionString
        switch vnc {
        case .off: return arguments
        case .unix(let path): server = OptionString("unix:" + (try Check.socket("VNC socket", path)))
        case .tcp(let host, let display):
            let number = try Check.atLeast(0, "VNC display", display)
            server = OptionString((host.contains(":") ? "[\(host)]" : host) + ":\(number)")
        }
        if let passwordFile {
            // In a file, because every user can read a command line.
            arguments.append(
                .object(OptionString("secret").with("id", "vnc-password").with("file", try Check.path("VNC password file", passwordFile))))
        }
        arguments.append(Argument("-vnc", server.with("password-secret", passwordFile == nil ? nil : "vnc-password")))
        return arguments
    }
}
