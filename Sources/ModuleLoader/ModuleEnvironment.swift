import LinuxSupport
import SystemPackage

/// Facts about the machine that distinguish the causes which share one errno.
struct ModuleEnvironment: Equatable, Sendable {
    /// /lib/modules/<release>.
    var directory: String
    var directoryExists: Bool
    /// Whether depmod has been run: modules.dep.bin exists.
    var indexExists: Bool
    /// The other releases beside it.
    var otherReleases: [String]
    /// Whether this process has CAP_SYS_MODULE; nil when unknown.
    var hasSysModule: Bool?
    /// The active mode in /sys/kernel/security/lockdown: none, integrity or confidentiality; nil when unknown.
    var lockdown: String?
    /// sysctl kernel.modules_disabled.
    var loadingDisabled: Bool
    /// Whether the kernel was built with CONFIG_MODULES: it has /proc/modules then.
    var kernelHasModules: Bool

    init(
        directory: String, directoryExists: Bool = true, indexExists: Bool = true, otherReleases: [String] = [],
        hasSysModule: Bool? = nil, lockdown: String? = nil, loadingDisabled: Bool = false, kernelHasModules: Bool = true
    ) {
        self.directory = directory
        self.directoryExists = directoryExists
        self.indexExists = indexExists
        self.otherReleases = otherReleases
        self.hasSysModule = hasSysModule
        self.lockdown = lockdown
        self.loadingDisabled = loadingDisabled
        self.kernelHasModules = kernelHasModules
    }

    /// Reads the machine below `root`; `directory` is the module directory below the same root.
    static func read(directory: FilePath, root: FileRoot = .live) -> ModuleEnvironment {
        let release = directory.lastComponent?.string ?? ""
        let parent = directory.removingLastComponent().string
        let status = (try? root.text("/proc/self/status")) ?? ""
        return ModuleEnvironment(
            directory: directory.string,
            directoryExists: root.exists(directory.string),
            indexExists: root.exists(directory.string + "/modules.dep.bin"),
            otherReleases: root.list(parent).filter { $0 != release },
            hasSysModule: capability(in: status),
            lockdown: root.line("/sys/kernel/security/lockdown").flatMap(chosenWord),
            loadingDisabled: root.integer("/proc/sys/kernel/modules_disabled") == 1,
            kernelHasModules: root.exists("/proc/modules"))
    }

    /// CAP_SYS_MODULE is bit 16 (linux/capability.h) of the CapEff line.
    static func capability(in status: String) -> Bool? {
        for line in status.split(separator: "\n") where line.hasPrefix("CapEff:") {
            return UInt64(String(line.dropFirst(7)).trimmed, radix: 16).map { $0 & (1 << 16) != 0 }
        }
        return nil
    }

    /// The word in brackets: `none [integrity] confidentiality`.
    static func chosenWord(_ line: String) -> String? {
        line.words.first { $0.hasPrefix("[") && $0.hasSuffix("]") }.map { String($0.dropFirst().dropLast()) }
    }
}
