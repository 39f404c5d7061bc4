import LinuxSupport

/// What this process may do.
struct ProcessFacts: Codable, Equatable, Sendable {
    var effectiveUser: Int
    /// The CapEff line of /proc/self/status: a bit per capability, linux/capability.h.
    var effectiveCapabilities: UInt64

    func has(_ capability: Capability) -> Bool { effectiveCapabilities & (1 << UInt64(capability.rawValue)) != 0 }
}

/// The capabilities that `boot` uses, numbered as in linux/capability.h.
enum Capability: Int, Codable, CaseIterable, Sendable {
    case netAdmin = 12
    case sysModule = 16
    case sysPtrace = 19
    case sysAdmin = 21
    case sysResource = 24
    case mknod = 27

    /// The kernel's name: CAP_NET_ADMIN.
    var name: String {
        switch self {
        case .netAdmin: "CAP_NET_ADMIN"
        case .sysModule: "CAP_SYS_MODULE"
        case .sysPtrace: "CAP_SYS_PTRACE"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .sysResource: "CAP_SYS_RESOURCE"
        case .mknod: "CAP_MKNOD"
        }
    }
}

/// The lines of /proc/self/status that matter to `boot`: man 5 proc_pid_status.
struct ProcessStatus: Equatable, Sendable {
    /// Of the real, effective, saved and file system user ids, the effective one.
    var effectiveUser: Int?
    var effectiveCapabilities: UInt64?
    /// CPU numbers in list format.
    var allowedCPUs: String?

    init(parsing text: String) {
        for line in text.lines {
            guard let (key, value) = line.keyValue() else { continue }
            switch key {
            case "Uid": effectiveUser = value.fields.dropFirst().first.flatMap { Int($0) }
            case "CapEff": effectiveCapabilities = UInt64(value, radix: 16)
            case "Cpus_allowed_list": allowedCPUs = String(value)
            default: continue
            }
        }
    }

    /// Without these lines the user is nobody: the plan then reports the missing privileges instead of assuming them.
    var facts: ProcessFacts {
        ProcessFacts(effectiveUser: effectiveUser ?? 65534, effectiveCapabilities: effectiveCapabilities ?? 0)
    }
}
