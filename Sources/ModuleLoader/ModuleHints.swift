public import LinuxSupport
public import SystemPackage

/// What tells apart the causes that one errno stands for.
public struct ModuleHints: Equatable, Sendable {
    /// /lib/modules/<release>.
    public var directory: String
    public var directoryExists: Bool
    /// Whether depmod has been there: modules.dep.bin exists.
    public var indexExists: Bool
    /// The other releases beside it.
    public var otherReleases: [String]
    /// Whether this process has CAP_SYS_MODULE; nil when unknown.
    public var hasSysModule: Bool?
    /// The chosen word of /sys/kernel/security/lockdown: none, integrity or confidentiality; nil when unknown.
    public var lockdown: String?
    /// sysctl kernel.modules_disabled.
    public var loadingDisabled: Bool
    /// Whether the kernel was built with CONFIG_MODULES: it has /proc/modules then.
    public var kernelHasModules: Bool
    /// Those of kvm_intel and kvm_amd that are in the kernel.
    public var liveVendors: [String]

    public init(
        directory: String, directoryExists: Bool = true, indexExists: Bool = true, otherReleases: [String] = [],
        hasSysModule: Bool? = nil, lockdown: String? = nil, loadingDisabled: Bool = false, kernelHasModules: Bool = true,
        liveVendors: [String] = []
    ) {
        self.directory = directory
        self.directoryExists = directoryExists
        self.indexExists = indexExists
        self.otherReleases = otherReleases
        self.hasSysModule = hasSysModule
        self.lockdown = lockdown
        self.loadingDisabled = loadingDisabled
        self.kernelHasModules = kernelHasModules
        self.liveVendors = liveVendors
    }

    /// Asks the machine below `root`; `directory` is where the modules should be, below the same root.
    public static func read(directory: FilePath, root: FileRoot = .live) -> ModuleHints {
        let release = directory.lastComponent?.string ?? ""
        let parent = directory.removingLastComponent().string
        let status = (try? root.text("/proc/self/status")) ?? ""
        return ModuleHints(
            directory: directory.string,
            directoryExists: root.exists(directory.string),
            indexExists: root.exists(directory.string + "/modules.dep.bin"),
            otherReleases: root.list(parent).filter { $0 != release },
            hasSysModule: capability(in: status),
            lockdown: root.line("/sys/kernel/security/lockdown").flatMap(chosenWord),
            loadingDisabled: root.integer("/proc/sys/kernel/modules_disabled") == 1,
            kernelHasModules: root.exists("/proc/modules"),
            liveVendors: ["kvm_amd", "kvm_intel"].filter { root.exists("/sys/module/\($0)") })
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
