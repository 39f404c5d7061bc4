/// A key: its name, its text form, and the value in `Configuration` that it sets.
///
/// The TOML file, kernel command line, environment, flags, help and the table in docs/configuration.md all follow `all`.
package struct ConfigurationKey: Sendable {
    /// "guest.memory": section and key of the TOML file. Sections have no underscore: each variable of the environment names one key.
    package let name: String
    /// One line.
    package let help: String
    /// The accepted values: "a size such as 4096M or 8G, or auto".
    package let expected: String
    /// Its own flag: "--memory".
    package let flag: String?
    package let render: @Sendable (Configuration) -> String
    private let assign: @Sendable (ConfigurationInput, inout Configuration) throws(Rejection) -> Void

    /// Bytes of the longest value: PATH_MAX, longer than a kernel command line (2048 on x86).
    private static let textLimit = 4096

    /// Passes the value of a key in a configuration to a closure that reads or changes it: `{ $1(&$0.guest.memory) }`.
    ///
    /// In place of a key path: the runtime would create a class for each type of value, which costs 5 % of the start time.
    package typealias Place<Value> = @Sendable (inout Configuration, (inout Value) -> Void) -> Void

    init<Value>(_ name: String, _ place: @escaping Place<Value>, _ format: ValueFormat<Value>, flag: String? = nil, _ help: String) {
        self.name = name
        self.help = help
        self.flag = flag
        expected = format.expected
        render = { configuration in
            var (configuration, text) = (configuration, "")
            place(&configuration) { text = format.render($0) }
            return text
        }
        assign = { (input, configuration) throws(Rejection) in
            let value = try format.parse(input)
            place(&configuration) { $0 = value }
        }
    }

    /// A key whose value the planner chooses if it is the word `or`.
    init<Value>(
        _ name: String, _ place: @escaping Place<Value?>, _ format: ValueFormat<Value>, or word: String, flag: String? = nil,
        _ help: String
    ) {
        self.init(name, place, format.or(word), flag: flag, help)
    }

    /// Sets the key in `configuration`, which is unchanged if `input` is refused.
    package func set(_ input: ConfigurationInput, in configuration: inout Configuration) throws(Rejection) {
        for text in input.texts {
            if text.unicodeScalars.contains(where: ConfigurationInput.isControl) { throw Rejection(detail: "it has a control character") }
            if text.utf8.count > Self.textLimit { throw Rejection(detail: "it is longer than \(Self.textLimit) bytes") }
        }
        if case .fraction(let text) = input { throw hint(text) }
        try assign(input, &configuration)
    }

    /// For a number without quotes, as in `macos = 10.15`, that would be accepted as text.
    private func hint(_ number: String) -> Rejection {
        var configuration = Configuration()
        do {
            try assign(.text(number), &configuration)
            return Rejection(detail: "write it in quotes, \"\(number)\"")
        } catch {
            return Rejection()
        }
    }

    /// The text of the default value.
    package var defaultText: String { render(Configuration()) }

    /// "boot.guest.memory"
    package var kernelParameter: String { KernelCommandLine.prefix + name }

    /// "MACOS_VIRT_GUEST_MEMORY"
    package var environmentVariable: String {
        ConfigurationEnvironment.prefix + String(name.map { $0 == "." ? "_" : $0 }).uppercased()
    }

    package static func named(_ name: String) -> ConfigurationKey? { byName[name] }

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}

extension ConfigurationKey {
    /// Every key, in the order of help and docs/configuration.md.
    package static let all: [ConfigurationKey] = guest + storage + network + qemu

    private static let guest = [
        ConfigurationKey("guest.macos", { $1(&$0.guest.macOS) }, .release, flag: "--macos", "the macOS release that the guest runs"),
        ConfigurationKey(
            "guest.vcpus", { $1(&$0.guest.vcpus) }, .number(1...1024), or: "auto", flag: "--vcpus", "virtual CPUs of the guest"),
        ConfigurationKey(
            "guest.memory", { $1(&$0.guest.memory) }, memory, or: "auto", flag: "--memory", "memory of the guest; a bare number is MiB"),
        ConfigurationKey(
            "guest.accel", { $1(&$0.guest.accelerator) }, .choice, flag: "--accel", "the hypervisor; tcg emulates, very slowly"),
        ConfigurationKey("guest.hugepages", { $1(&$0.guest.hugepages) }, .choice, "back the guest's memory with huge pages"),
        ConfigurationKey(
            "guest.cpu", { $1(&$0.guest.cpuModel) }, .name("a CPU model of QEMU"), or: "auto", "the CPU model that the guest sees"),
        ConfigurationKey("guest.mac", { $1(&$0.guest.mac) }, .text, or: "auto", "Ethernet address of the guest"),
        ConfigurationKey("guest.uuid", { $1(&$0.guest.uuid) }, .uuid, or: "auto", "hardware UUID of the guest"),
        ConfigurationKey(
            "guest.identity", { $1(&$0.guest.identity) }, .identity, or: "auto",
            "a text from which MAC address and UUID are derived, different for each guest"),
        ConfigurationKey(
            "guest.paravirtual_locks", { $1(&$0.guest.paravirtualLocks) }, .toggle,
            "let waiting vCPUs sleep (macOS 13 and later, Intel hosts)"),
        ConfigurationKey(
            "guest.osk_file", { $1(&$0.guest.oskFile) }, .path, or: "none",
            "a file (mode 0600) with your own SMC key, in place of VirtualSMC"),
        ConfigurationKey(
            "guest.seed", { $1(&$0.guest.seed) }, .path, or: "none",
            "a directory with user-data, or a disk labelled cidata: the guest's name and accounts"),
        ConfigurationKey(
            "guest.supervise", { $1(&$0.guest.supervise) }, .toggle,
            "stay QEMU's parent: orderly stops, restarts, status"),
        ConfigurationKey(
            "guest.on_poweroff", { $1(&$0.guest.afterPowerOff) }, .choice,
            "supervised: what follows when the guest powers itself off"),
        ConfigurationKey("guest.on_crash", { $1(&$0.guest.afterCrash) }, .choice, "supervised: what follows a panic or a QEMU that fails"),
        ConfigurationKey(
            "guest.stop_timeout", { $1(&$0.guest.stopTimeout) }, .number(1...3600, "seconds"),
            "supervised: how long the guest may take to shut down"),
        ConfigurationKey(
            "guest.ready_port", { $1(&$0.guest.readyPort) }, .number(0...65535, "a TCP port, or 0 for none,"),
            "supervised: the port of the guest that answers when it is ready"),
        ConfigurationKey("guest.pin_vcpus", { $1(&$0.guest.pinVCPUs) }, .toggle, "supervised: pin each vCPU to a core of its own"),
    ]

    private static let storage = [
        ConfigurationKey("disk.device", { $1(&$0.disk.device) }, .text, or: "auto", flag: "--disk", "the disk with macOS on it"),
        ConfigurationKey("disk.wait", { $1(&$0.disk.wait) }, .seconds, "how long to wait for the disk"),
        ConfigurationKey("disk.minimum", { $1(&$0.disk.minimum) }, diskSize, "a smaller disk is refused"),
        ConfigurationKey(
            "disk.overwrite", { $1(&$0.disk.overwrite) }, .toggle, "use the disk that disk.device names even if it holds other data"),
        ConfigurationKey("disk.aio", { $1(&$0.disk.aio) }, .choice(or: "auto"), "how QEMU reads and writes the disk"),
        ConfigurationKey("disk.detect_zeroes", { $1(&$0.disk.detectZeroes) }, .toggle, "store written zeroes as holes; slows writes down"),
        ConfigurationKey(
            "disk.installer", { $1(&$0.disk.installer) }, .path, or: "none",
            "a disk with an installer or recovery of macOS, which the guest can read"),
        ConfigurationKey("firmware.type", { $1(&$0.firmware.type) }, .choice, "the firmware that starts the OpenCore disk"),
        ConfigurationKey(
            "firmware.bootloader", { $1(&$0.firmware.bootloader) }, .path, or: "auto", flag: "--bootloader", "the OpenCore disk image"),
        ConfigurationKey("firmware.code", { $1(&$0.firmware.code) }, .path, or: "auto", "the UEFI firmware; requires firmware.variables"),
        ConfigurationKey(
            "firmware.variables", { $1(&$0.firmware.variables) }, .path, or: "auto", "the template of its UEFI variables"),
    ]

    private static let network = [
        ConfigurationKey("network.uplink", { $1(&$0.network.uplink) }, .text, or: "auto", flag: "--uplink", "the interface to the outside"),
        ConfigurationKey("network.wait", { $1(&$0.network.wait) }, .seconds, "how long to wait for a default route"),
        ConfigurationKey("network.tap", { $1(&$0.network.tap) }, .text, "the tap interface of the guest"),
        ConfigurationKey("network.subnet", { $1(&$0.network.subnet) }, .subnet, or: "auto", "the network of the guest"),
        ConfigurationKey(
            "network.forwards", { $1(&$0.network.forwards) }, .forwards, "ports of this machine that are forwarded to the guest"),
        ConfigurationKey(
            "network.mtu", { $1(&$0.network.mtu) }, .number(1280...65535), or: "auto", "largest packet in bytes on the network of the guest"
        ),
        ConfigurationKey("network.ipv6", { $1(&$0.network.ipv6) }, .choice, "IPv6 for the guest"),
        ConfigurationKey("network.nic", { $1(&$0.network.nic) }, .nic, or: "auto", "the network card that the guest sees"),
        ConfigurationKey("network.queues", { $1(&$0.network.queues) }, .number(1...8), "queues of the guest's network card"),
        ConfigurationKey("network.allow_host", { $1(&$0.network.allowHost) }, .toggle, "let the guest reach services of this machine"),
        ConfigurationKey(
            "network.allow_metadata", { $1(&$0.network.allowMetadata) }, .toggle, "let the guest reach the metadata service of the cloud"),
    ]

    private static let qemu = [
        ConfigurationKey(
            "display.vnc", { $1(&$0.display.vnc) }, .vnc, "where the VNC server listens; other than loopback requires a password"),
        ConfigurationKey(
            "display.vnc_password_file", { $1(&$0.display.vncPasswordFile) }, .path, or: "none", "a file with the VNC password"),
        ConfigurationKey("qemu.binary", { $1(&$0.qemu.binary) }, .path, or: "auto", "the qemu-system-x86_64 to run"),
        ConfigurationKey(
            "qemu.machine", { $1(&$0.qemu.machine) }, .name("a machine of QEMU such as pc-q35-7.2"), or: "auto", "the machine type"),
        ConfigurationKey("qemu.user", { $1(&$0.qemu.user) }, .user, "the user that QEMU runs as"),
        ConfigurationKey("qemu.sandbox", { $1(&$0.qemu.sandbox) }, .toggle, "confine QEMU with seccomp"),
        ConfigurationKey("qemu.serial", { $1(&$0.qemu.serial) }, .serial, "where the serial port of the guest is connected"),
        ConfigurationKey(
            "qemu.qmp", { $1(&$0.qemu.qmp) }, .socket, or: "none",
            "the QMP socket for other programs; boot uses control.sock"),
        ConfigurationKey("qemu.extra", { $1(&$0.qemu.extra) }, .arguments, "further arguments for QEMU, appended unchanged"),
        ConfigurationKey("state.run", { $1(&$0.state.run) }, .path, "directory of the journal, the lock and the sockets"),
        ConfigurationKey("state.nvram", { $1(&$0.state.nvram) }, .path, "the guest's UEFI variables"),
        ConfigurationKey(
            "status.listen", { $1(&$0.status.listen) }, .text, or: "none",
            "supervised: where HTTP serves /metrics, /status.json and /healthz"),
        ConfigurationKey(
            "status.browser", { $1(&$0.status.browser) }, .toggle,
            "serve a page with the guest's screen there; requires a VNC password"),
        ConfigurationKey("status.novnc", { $1(&$0.status.noVNC) }, .path, "the directory of noVNC, for that page"),
    ]

    /// QEMU's -m counts in MiB; 46 address bits reach 64 TiB.
    private static let memory = ValueFormat<Int>.size("a size in whole MiB such as 4096M or 8G", 1 << 20...1 << 46, step: 1 << 20)
    private static let diskSize = ValueFormat<Int>.size("a size such as 32M or 8G", 0...1 << 56)
}

extension ConfigurationKey {
    /// The key that `name` probably means: misspelled by a few letters, or without its section.
    package static func nearest(to name: String) -> ConfigurationKey? {
        let wanted = Array(name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 })
        // Longer than any misspelled key; bounds the work on hostile input.
        guard wanted.count <= 48 else { return nil }
        let ranked = all.map { key in
            let last = key.name.utf8.drop { $0 != UInt8(ascii: ".") }.dropFirst()
            return (key: key, distance: min(distance(wanted, Array(key.name.utf8)), distance(wanted, Array(last))))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, wanted.count / 4) ? best.key : nil
    }

    /// The Levenshtein distance: letters to insert, remove or change.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}

/// The list of keys as text.
package enum ConfigurationReference {
    /// The table between the markers in docs/configuration.md, with a newline at its end.
    package static func markdown() -> String {
        let rows = ConfigurationKey.all.map { key in
            let cells = ["`\(key.name)`", key.flag.map { "`\($0)`" } ?? "", "`\(key.defaultText)`", key.expected, key.help]
            return row(cells.map(escaped))
        }
        return ([row(["Key", "Flag", "Default", "Value", "What it is"]), row(Array(repeating: "---", count: 5))] + rows).joined()
    }

    /// For `--help`: one key a line, with its default.
    package static func help() -> String {
        let width = ConfigurationKey.all.map(\.name.count).max() ?? 0
        return ConfigurationKey.all.map { key in
            "  " + key.name + String(repeating: " ", count: width - key.name.count + 2) + "\(key.help) [\(key.defaultText)]\n"
        }.joined()
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    private static func escaped(_ cell: String) -> String {
        cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
