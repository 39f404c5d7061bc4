import Testing

/// A good value for every key that is not its default: as text, and as TOML where it is not simply the text in quotes.
struct ConfigurationSample: Sendable, CustomTestStringConvertible {
    var key: String
    var text: String
    var toml: String
    /// How the value is rendered again; nil when as `text`.
    var rendered: String?

    init(_ key: String, _ text: String, toml: String? = nil, rendered: String? = nil) {
        self.key = key
        self.text = text
        self.toml = toml ?? "\"\(text)\""
        self.rendered = rendered
    }

    var testDescription: String { "\(key) = \(text)" }

    /// As a TOML document of its own.
    var document: String {
        let parts = key.split(separator: ".")
        return "[\(parts[0])]\n\(parts[1]) = \(toml)\n"
    }

    static let all: [ConfigurationSample] = [
        ConfigurationSample("guest.macos", "15", toml: "15"),
        ConfigurationSample("guest.macos", "10.15"),
        ConfigurationSample("guest.macos", "Monterey", rendered: "12"),
        ConfigurationSample("guest.vcpus", "4", toml: "4"),
        ConfigurationSample("guest.vcpus", "1024", toml: "0x400"),
        ConfigurationSample("guest.memory", "8G"),
        ConfigurationSample("guest.memory", "4096", toml: "4096", rendered: "4G"),
        ConfigurationSample("guest.memory", "4097MiB", rendered: "4097M"),
        ConfigurationSample("guest.memory", "65536kib", rendered: "64M"),
        ConfigurationSample("guest.accel", "tcg"),
        ConfigurationSample("guest.hugepages", "on", toml: "true"),
        ConfigurationSample("guest.hugepages", "off", toml: "false"),
        ConfigurationSample("guest.cpu", "Skylake-Client-v4"),
        ConfigurationSample("guest.cpu", "486", toml: "486"),
        ConfigurationSample("guest.mac", "52:54:00:12:34:56"),
        ConfigurationSample("guest.mac", "52-54-00-AB-34-56", rendered: "52:54:00:ab:34:56"),
        ConfigurationSample("guest.uuid", "123E4567-E89B-12D3-A456-426614174000", rendered: "123e4567-e89b-12d3-a456-426614174000"),
        ConfigurationSample("guest.uuid", "123E4567E89B12D3A456426614174000", rendered: "123e4567-e89b-12d3-a456-426614174000"),
        ConfigurationSample("guest.identity", "macos/pod-0, of two"),
        ConfigurationSample("disk.device", "/dev/disk/by-id/virtio-mac"),
        ConfigurationSample("disk.device", "serial:QM 0001"),
        ConfigurationSample("disk.device", "label:macOS"),
        ConfigurationSample("disk.wait", "0", toml: "0"),
        ConfigurationSample("disk.minimum", "33554433B"),
        ConfigurationSample("disk.minimum", "1T"),
        ConfigurationSample("disk.overwrite", "true", toml: "true"),
        ConfigurationSample("disk.aio", "io_uring"),
        ConfigurationSample("disk.detect_zeroes", "true", toml: "true"),
        ConfigurationSample("disk.installer", "/dev/vdb"),
        ConfigurationSample("guest.paravirtual_locks", "true", toml: "true"),
        ConfigurationSample("guest.osk_file", "/root/osk, mine"),
        ConfigurationSample("guest.seed", "/srv/seed, mine"),
        ConfigurationSample("guest.supervise", "true", toml: "true"),
        ConfigurationSample("guest.on_poweroff", "restart"),
        ConfigurationSample("guest.pin_vcpus", "true", toml: "true"),
        ConfigurationSample("guest.on_crash", "exit"),
        ConfigurationSample("guest.stop_timeout", "30", toml: "30"),
        ConfigurationSample("guest.ready_port", "5900", toml: "5900"),
        ConfigurationSample("status.listen", "127.0.0.1:9100"),
        ConfigurationSample("status.listen", "[::1]:9100"),
        ConfigurationSample("status.browser", "true", toml: "true"),
        ConfigurationSample("status.novnc", "/opt/noVNC"),
        ConfigurationSample("firmware.type", "bios"),
        ConfigurationSample("firmware.bootloader", "/mnt/OpenCore, new.img"),
        ConfigurationSample("network.uplink", "eth0.100"),
        ConfigurationSample("network.wait", "86400", toml: "86_400"),
        ConfigurationSample("network.tap", "mac0"),
        ConfigurationSample("network.subnet", "10.0.0.0/30"),
        ConfigurationSample("network.forwards", "none", toml: "[]"),
        ConfigurationSample("network.forwards", "none"),
        ConfigurationSample("network.forwards", "2222:22,udp:60-61:70-71", rendered: "tcp:2222:22,udp:60-61:70-71"),
        ConfigurationSample(
            "network.forwards", "tcp:2222:22, udp:2222:22", toml: "['tcp:2222:22', 'udp:2222:22']", rendered: "tcp:2222:22,udp:2222:22"),
        ConfigurationSample("network.mtu", "1280", toml: "1280"),
        ConfigurationSample("network.ipv6", "off", toml: "false"),
        ConfigurationSample("network.nic", "e1000-82545em"),
        ConfigurationSample("network.queues", "8", toml: "8"),
        ConfigurationSample("network.allow_host", "true", toml: "true"),
        ConfigurationSample("network.allow_metadata", "yes", rendered: "true"),
        ConfigurationSample("display.vnc", "off"),
        ConfigurationSample("display.vnc", "unix:/run/vnc.sock"),
        ConfigurationSample("display.vnc", "localhost:1"),
        ConfigurationSample("display.vnc", "[0:0::1]:59635", rendered: "[::1]:59635"),
        ConfigurationSample("display.vnc_password_file", "/run/secrets/vnc"),
        ConfigurationSample("qemu.binary", "/opt/qemu/bin/qemu-system-x86_64"),
        ConfigurationSample("qemu.machine", "pc-q35-7.2"),
        ConfigurationSample("qemu.user", "root"),
        ConfigurationSample("qemu.user", "65534:4294967294"),
        ConfigurationSample("qemu.sandbox", "false", toml: "false"),
        ConfigurationSample("qemu.serial", "none"),
        ConfigurationSample("qemu.serial", "file:/var/log/serial"),
        ConfigurationSample("qemu.qmp", "none"),
        ConfigurationSample("qemu.qmp", "/run/q.sock"),
        ConfigurationSample("qemu.extra", "-d int", toml: "['-d', \"int\"]"),
        ConfigurationSample("qemu.extra", "-name 'a b'", toml: "['-name', 'a b']", rendered: "-name \"a b\""),
        ConfigurationSample("state.run", "/tmp/mv"),
        ConfigurationSample("state.nvram", "/mnt/nvram.fd"),
    ]

    /// Keys that only go together are tested together.
    static let paired = ["firmware.code", "firmware.variables"]
}
