/// The screen: a graphics card in the guest and, if wanted, a VNC server to look at it.
public struct Display: Equatable, Sendable {
    /// Best first. macOS drives both as a plain frame buffer, without acceleration; OVMF draws on both.
    public enum Card: Equatable, Sendable, CaseIterable {
        /// The one with more than three resolutions in macOS 13. https://github.com/kholia/OSX-KVM (notes.md, Resolution in Ventura)
        case vmware
        case vga

        public var device: QemuDevice {
            switch self {
            case .vga: .vga
            case .vmware: .vmwareVGA
            }
        }
    }
    public enum VNC: Codable, Hashable, Sendable {
        case off
        case unix(String)
        /// TCP port 5900 + display.
        case tcp(host: String, display: Int)
    }

    public var card: Card
    /// MiB, a power of two: 64 is enough for 3840 x 2160 twice.
    public var videoMemoryMiB: Int
    public var vnc: VNC
    /// A file with the VNC password and nothing else: a newline at its end would belong to the password. QEMU reads it before it
    /// changes its user.
    public var passwordFile: String?
    /// Whether the server also takes browsers: a WebSocket at the same address, TCP port 5700 + display.
    public var webSocket: Bool

    public init(card: Card = .vmware, videoMemoryMiB: Int = 64, vnc: VNC = .off, passwordFile: String? = nil, webSocket: Bool = false) {
        self.card = card
        self.videoMemoryMiB = videoMemoryMiB
        self.vnc = vnc
        self.passwordFile = passwordFile
        self.webSocket = webSocket
    }

    public func arguments() throws(QemuArgsError) -> [QemuArgument] {
        guard 1...512 ~= videoMemoryMiB, videoMemoryMiB.nonzeroBitCount == 1 else {
            throw .invalidValue(what: "video memory", value: String(videoMemoryMiB), reason: "not a power of two up to 512 MiB")
        }
        var arguments: [QemuArgument] = [
            .device(
                card.device, OptionString().with("id", "screen").with("addr", PCISlot.display.address).with("vgamem_mb", videoMemoryMiB)),
            .noWindow,
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
        arguments.append(
            QemuArgument(
                "-vnc",
                server.with("password-secret", passwordFile == nil ? nil : "vnc-password")
                    .with("websocket", webSocket ? true : nil)))
        return arguments
    }
}
