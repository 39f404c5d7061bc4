/// What runs the guest's instructions.
public enum Accelerator: String, Codable, Equatable, Sendable, CaseIterable {
    case kvm
    /// QEMU's own translator: slow, everywhere.
    case tcg
}

/// The board: `-machine`, `-accel` and the properties of its built-in devices.
public struct Machine: Codable, Equatable, Sendable {
    /// A versioned machine: `pc-q35-7.2`. An alias (`q35`) would change the guest's hardware with QEMU's next update.
    public var type: String
    public var accelerator: Accelerator

    public init(type: String, accelerator: Accelerator) {
        self.type = type
        self.accelerator = accelerator
    }

    /// - Parameter memoryBackend: the id of the object that holds the guest's memory; nil for the machine's own.
    func arguments(memoryBackend: String?, qemu: QemuVersion) -> [Argument] {
        var arguments = [
            Argument(
                "-machine",
                OptionString(type)
                    // XNU's clock is the TSC; an HPET beside it costs an exit to QEMU for every read.
                    // https://github.com/quickemu-project/quickemu (macOS guests: hpet=off)
                    .with("hpet", false)
                    // VMware's I/O port: nothing in macOS without VMware's tools speaks to it.
                    .with("vmport", false)
                    // System management mode serves Secure Boot variables only; without it the guest leaves no SMI exits.
                    .with("smm", false)
                    // The old UHCI/EHCI controllers: macOS 14.4 and later have no driver for them; xHCI is added as a device.
                    .with("usb", false)
                    // A core dump of QEMU need not hold the guest's memory.
                    .with("dump-guest-core", false)
                    .with("memory-backend", memoryBackend)),
            Argument("-accel", accelerator.rawValue),
            // macOS would sleep by itself, half-way through an installation too, and nothing wakes it again.
            .global("ICH9-LPC.disable_s3", "1"),
            .global("ICH9-LPC.disable_s4", "1"),
        ]
        // QEMU 6.1 gave q35 ACPI hotplug below bridges, and macOS hangs at "PCI configuration begin" with it.
        // An older QEMU does not know the property and would not start. https://github.com/quickemu-project/quickemu/pull/1827
        if qemu >= QemuVersion(6, 1) { arguments.append(.global("ICH9-LPC.acpi-pci-hotplug-with-bridge-support", "off")) }
        // Ticks of the old timer that the guest missed are gone: replaying them makes time run fast after a stall of the host.
        // TCG's own timer has no such property.
        if accelerator == .kvm { arguments.append(.global("kvm-pit.lost_tick_policy", "discard")) }
        return arguments
    }
}

/// Where the guest's devices sit on the root bus, `PciRoot(0x0)/Pci(N,0x0)` in UEFI's and OpenCore's terms.
///
/// Fixed, so that an added device moves no other one: boot entries and OpenCore's DeviceProperties name these paths.
/// q35 itself has 0x0 and 0x1f.
public enum PCISlot: Int, Codable, Sendable, CaseIterable {
    case display = 1
    case usb = 2
    case network = 3
    case systemDisk = 4
    case bootDisk = 5
    case rng = 6

    var address: String { "0x" + String(rawValue, radix: 16) }
}
