import LinuxSupport
import QemuArgs

/// What the choice of the guest's CPU needs to know about this machine's: /proc/cpuinfo.
struct LocalProcessor: Equatable, Sendable {
    var vendor = ""
    var family = 0
    var model = 0
    var flags: Set<String> = []

    /// The first processor.
    init(parsing text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: ":", maxSplits: 1).map { String($0).trimmed }
            guard parts.count == 2 else {
                if line.isEmpty, !vendor.isEmpty { return }
                continue
            }
            switch parts[0] {
            case "vendor_id": vendor = parts[1]
            case "cpu family": family = Int(parts[1]) ?? 0
            case "model": model = Int(parts[1]) ?? 0
            case "flags": flags = Set(parts[1].split(separator: " ").map { String($0) })
            default: continue
            }
        }
    }

    var hasInvariantTSC: Bool { flags.contains("constant_tsc") && flags.contains("nonstop_tsc") }
}
