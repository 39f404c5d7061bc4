import CLinux
import Glibc
import LinuxSupport

/// The running kernel and the state of its modules.
struct KernelFacts: Codable, Equatable, Sendable {
    /// `uname -r`: /proc/sys/kernel/osrelease.
    var release: String
    /// /proc/cmdline, one line.
    var commandLine: String
    /// Whether /lib/modules/<release> exists.
    var hasModuleDirectory: Bool
    /// What /lib/modules holds instead, for the message about a wrong kernel version.
    var otherModuleDirectories: [String]
    /// Of the modules that a plan can name, those that are live: /sys/module/<name> exists (built in
    /// ones with parameters show there too), or the device that it drives is in /proc/misc.
    var liveModules: [String]
    /// Of the modules that a plan can name, those that modules.builtin lists.
    var builtinModules: [String]
    /// False when this kernel was built without nft_fib_inet, by which a rule recognizes the machine's own addresses.
    var hasAddressLookup = true
    /// Parameters of live kvm, kvm_intel and kvm_amd that matter, as /sys/module/*/parameters shows them: "kvm.ignore_msrs": "Y".
    var moduleParameters: [String: String]
    /// The clock source in use: tsc, kvm-clock, hyperv_clocksource_tsc_page, hpet; nil when unknown.
    var clocksource: String?
    /// GPT unique GUIDs of partitions that this Linux was started from, as the firmware or the boot loader reported it.
    var bootPartitions: [String] = []
    /// Whether io_uring_setup(2) works here: false when it is compiled out or switched off (kernel.io_uring_disabled).
    var hasIOUring = false

    /// Whether a module is there, loaded or as a part of the kernel.
    func has(_ module: String) -> Bool { liveModules.contains(module) || builtinModules.contains(module) }
}

/// The running kernel: its release, command line, modules and clock.
struct KernelReader {
    let root: FileRoot
    /// The modules that a plan can name.
    let modules: [String]

    /// Of some 60 parameters, those that decide whether and how fast a macOS guest runs.
    private static let parameterNames: KeyValuePairs = [
        "kvm": ["ignore_msrs", "report_ignored_msrs", "halt_poll_ns", "tdp_mmu", "nx_huge_pages"],
        "kvm_intel": ["nested", "ept", "unrestricted_guest", "vpid", "enable_apicv", "emulate_invalid_guest_state"],
        "kvm_amd": ["nested", "npt", "avic"],
    ]

    func facts() -> KernelFacts {
        let release = root.word("/proc/sys/kernel/osrelease") ?? ""
        let directories = root.list("/lib/modules")
        let (live, builtin) = (live(), builtin(release))
        return KernelFacts(
            release: release, commandLine: root.line("/proc/cmdline") ?? "", hasModuleDirectory: directories.contains(release),
            otherModuleDirectories: directories.filter { $0 != release },
            liveModules: live, builtinModules: builtin,
            hasAddressLookup: !lacks(Self.addressLookup, release, among: live + builtin), moduleParameters: parameters(),
            clocksource: root.word("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            bootPartitions: BootPartition(root: root).identifiers(), hasIOUring: root.isLive && hasIOUring())
    }

    /// A part of the kernel's image that has no parameters does not show below /sys/module; its device does in /proc/misc.
    private func live() -> [String] {
        let devices = ((try? root.text("/proc/misc")) ?? "").lines.compactMap { $0.fields.last.map(BuiltinModules.normalized) }
        return modules.filter { module in
            let name = BuiltinModules.normalized(module)
            return root.exists("/sys/module/" + name) || devices.contains(name)
        }
    }

    private func builtin(_ release: String) -> [String] {
        guard !release.isEmpty, !release.contains("/"), let text = try? root.text("/lib/modules/\(release)/modules.builtin") else {
            return []
        }
        let found = BuiltinModules.names(in: text, among: Set(modules.map(BuiltinModules.normalized)))
        return modules.filter { found.contains(BuiltinModules.normalized($0)) }
    }

    private static let addressLookup = "nft_fib_inet"

    /// Whether a module of net/netfilter is in none of the places where it could be; false when that cannot be known.
    private func lacks(_ module: String, _ release: String, among present: [String]) -> Bool {
        guard modules.contains(module), !present.contains(module), !release.isEmpty, !release.contains("/") else { return false }
        let directory = "/lib/modules/" + release
        // Where it is in every kernel that has it as a module: the list of all, which is long, need not be read then.
        let usual = ["", ".xz", ".zst", ".gz"].map { "\(directory)/kernel/net/netfilter/\(module).ko" + $0 }
        guard !usual.contains(where: root.exists), let all = try? root.text(directory + "/modules.dep") else { return false }
        return !all.holds(module + ".ko")
    }

    /// By trying: it may be compiled out, or forbidden by kernel.io_uring_disabled or a seccomp filter.
    ///
    /// Stops before a ring is created, whose memory would cost as much as reading ten files.
    private func hasIOUring() -> Bool { mv_io_uring_probe() < 0 && errno == EINVAL }

    private func parameters() -> [String: String] {
        var values: [String: String] = [:]
        for (module, names) in Self.parameterNames where root.exists("/sys/module/" + module) {
            for name in names { values["\(module).\(name)"] = root.word("/sys/module/\(module)/parameters/\(name)") }
        }
        return values
    }
}
