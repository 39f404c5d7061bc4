import LinuxSupport

/// The running kernel: its release, command line, modules and clock.
struct KernelReader {
    let root: FileRoot
    /// The modules that a plan can name.
    let modules: [String]

    func facts() -> KernelFacts {
        let release = root.word("/proc/sys/kernel/osrelease") ?? ""
        let directories = root.list("/lib/modules")
        return KernelFacts(
            release: release, commandLine: root.line("/proc/cmdline") ?? "", hasModuleDirectory: directories.contains(release),
            otherModuleDirectories: directories.filter { $0 != release },
            liveModules: modules.filter { root.exists("/sys/module/" + BuiltinModules.normalized($0)) },
            builtinModules: builtin(release), moduleParameters: parameters(),
            clocksource: root.word("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            ioUringDisabled: root.number("/proc/sys/kernel/io_uring_disabled"))
    }

    private func builtin(_ release: String) -> [String] {
        guard !release.isEmpty, !release.contains("/"), let text = try? root.text("/lib/modules/\(release)/modules.builtin") else {
            return []
        }
        let found = BuiltinModules.names(in: text, among: Set(modules.map(BuiltinModules.normalized)))
        return modules.filter { found.contains(BuiltinModules.normalized($0)) }
    }

    private func parameters() -> [String: String] {
        var values: [String: String] = [:]
        for module in ["kvm", "kvm_intel", "kvm_amd"] {
            let directory = "/sys/module/\(module)/parameters"
            for name in root.list(directory) { values["\(module).\(name)"] = root.word("\(directory)/\(name)") }
        }
        return values
    }
}
