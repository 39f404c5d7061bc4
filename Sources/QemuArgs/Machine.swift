/// What runs the guest's instructions.
public enum Accelerator: String, Codable, Equatable, Sendable, CaseIterable {
    case kvm
    /// QEMU's own translator: slow, but available everywhere.
    case tcg
}

/// The version of the QEMU binary, as far as options depend on it.
public struct QemuVersion: Equatable, Comparable, Sendable, CustomStringConvertible {
    private let major: Int
    private let minor: Int

    /// An older QEMU answers MSR 0x35 with 0, and XNU then expects a single CPU.
    public static let oldest = QemuVersion(7, 2)

    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    public static func < (a: QemuVersion, b: QemuVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
    public var description: String { "\(major).\(minor)" }
}

/// The board: `-machine`, `-accel` and the properties of its built-in devices.
public struct Machine: Equatable, Sendable {
    /// A versioned machine: `pc-q35-7.2`. An alias (`q35`) would change the guest's hardware with QEMU's next update.
    public var type: String
    public var accelerator: Accelerator

    /// Machine types that were tried, best first. The guest's hardware stays the same when QEMU is updated, until QEMU drops the oldest
    /// of them: it keeps a versioned machine for six years.
    public static let tried = ["pc-q35-7.2", "pc-q35-8.2", "pc-q35-9.2", "pc-q35-10.0", "pc-q35-10.2"]

    public init(type: String, accelerator: Accelerator) {
        self.type = type
        self.accelerator = accelerator
    }

    /// - Parameters:
    ///   - memory: the machine uses its backend, if it has one.
    ///   - qemu: the binary that will read the arguments.
    public func arguments(memory: Memory, qemu: QemuVersion) -> [QemuArgument] {
        var arguments = [
            QemuArgument(
                "-machine",
                OptionString(type)
                    // XNU's clock is the TSC; an HPET beside it costs an exit to QEMU for every read.
                    // https://github.com/quickemu-project/quickemu (macOS guests: hpet=off)
                    .with("hpet", false)
                    // VMware's I/O port: only VMware's tools use it.
                    .with("vmport", false)
                    // System management mode serves Secure Boot variables only; without it the guest leaves no SMI exits.
                    .with("smm", false)
                    // The old UHCI/EHCI controllers: macOS 14.4 and later have no driver for them; xHCI is added as a device.
                    .with("usb", false)
                    // A core dump of QEMU need not hold the guest's memory.
                    .with("dump-guest-core", false)
                    .with("memory-backend", memory.backendID)),
            QemuArgument("-accel", accelerator.rawValue),
            // macOS would go to sleep, even during an installation, and nothing wakes it up again.
            .global("ICH9-LPC.disable_s3", "1"),
            .global("ICH9-LPC.disable_s4", "1"),
        ]
        // QEMU 6.1 gave q35 ACPI hotplug below bridges, and macOS hangs at "PCI configuration begin" with it.
        // An older QEMU does not know the property and would not start. https://github.com/quickemu-project/quickemu/pull/1827
        if qemu >= QemuVersion(6, 1) { arguments.append(.global("ICH9-LPC.acpi-pci-hotplug-with-bridge-support", "off")) }
        // Drops the timer ticks that the guest missed: replaying them makes time run fast after a stall of the host.
        // TCG's own timer has no such property.
        if accelerator == .kvm { arguments.append(.global("kvm-pit.lost_tick_policy", "discard")) }
        return arguments
    }
}

/// The guest's memory: `-m` and what backs it.
public struct Memory: Equatable, Sendable {
    public enum Backing: Equatable, Sendable {
        /// Anonymous memory; the kernel uses transparent huge pages where it is allowed to.
        case anonymous
        /// 2 MiB pages of the kernel's pool: the whole size has to be free there when QEMU starts.
        case hugepages
        /// The same with pages of 1 GiB.
        case gigantic

        /// MiB; nil without a pool.
        var page: Int? {
            switch self {
            case .anonymous: nil
            case .hugepages: 2
            case .gigantic: 1024
            }
        }
    }

    /// MiB, even with huge pages.
    public var mebibytes: Int
    public var backing: Backing

    public init(mebibytes: Int, backing: Backing = .anonymous) {
        self.mebibytes = mebibytes
        self.backing = backing
    }

    /// The id of the object that holds the memory; nil for the machine's own.
    var backendID: String? { backing == .anonymous ? nil : "ram" }

    public func arguments() throws(QemuArgsError) -> [QemuArgument] {
        let size = String(try Check.atLeast(1, "memory", mebibytes)) + "M"
        guard let backendID, let page = backing.page else { return [QemuArgument("-m", size)] }
        guard mebibytes % page == 0 else {
            throw .invalidValue(what: "memory", value: size, reason: "not a multiple of the \(page) MiB page")
        }
        return [
            QemuArgument("-m", size),
            // A memfd needs no hugetlbfs mount and vanishes with QEMU. mmap reserves its pages (reserve=on), so a pool that is too small
            // fails at the start and not as a SIGBUS later; touching them all first (prealloc) would only cost time.
            .object(
                OptionString("memory-backend-memfd").with("id", backendID).with("size", size)
                    .with("hugetlb", true).with("hugetlbsize", "\(page)M").with("reserve", true)),
        ]
    }
}

/// Where the guest's devices are on the root bus, `PciRoot(0x0)/Pci(N,0x0)` in UEFI's and OpenCore's terms.
///
/// Fixed, so that an added device moves no other one: boot entries and OpenCore's DeviceProperties name these paths.
/// q35 itself uses 0x0 and 0x1f.
enum PCISlot: Int {
    case display = 1
    case usb = 2
    case network = 3
    case systemDisk = 4
    case openCoreDisk = 5
    case rng = 6
    case installerDisk = 7
    case seedDisk = 8
    case exchangeDisk = 9

    var address: String { "0x" + String(rawValue, radix: 16) }
}
