import LinuxSupport

/// One line of /proc/self/cgroup: man 7 cgroups.
struct CgroupMembership: Equatable, Sendable {
    /// Empty for version 2.
    var controllers: [String]
    /// Relative to the root of the cgroup namespace: "/", "/system.slice/boot.service", "/../..".
    var path: String

    /// "4:memory:/docker/0123" or "0::/init.scope"; other lines are left out.
    static func parse(_ text: String) -> [CgroupMembership] {
        text.lines.compactMap { line in
            // The path may contain colons.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, Int(parts[0]) != nil, parts[2].hasPrefix("/") else { return nil }
            let path = parts[2].hasSuffix(" (deleted)") ? parts[2].dropLast(10) : parts[2]
            return CgroupMembership(controllers: parts[1].split(separator: ",").map { String($0) }, path: String(path))
        }
    }
}
