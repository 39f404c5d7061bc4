import LinuxSupport

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

    /// Without the lines, nobody: a plan then says which privilege is missing rather than assuming it.
    var facts: ProcessFacts {
        ProcessFacts(effectiveUser: effectiveUser ?? 65534, effectiveCapabilities: effectiveCapabilities ?? 0)
    }
}
