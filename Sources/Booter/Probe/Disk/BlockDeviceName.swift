import LinuxSupport

/// Kernel names of block devices.
struct BlockDeviceName: Equatable, Sendable {
    let name: String

    init(_ name: String) { self.name = name }

    /// Whether it is a whole disk that a macOS system may be on.
    ///
    /// Left out: loops, RAM disks, optical drives, floppies, and what is stacked on other disks (device mapper, md).
    var isDisk: Bool {
        let family = family
        if ["loop", "ram", "zram", "sr", "fd", "dm-", "md", "mtdblock"].contains(family) { return false }
        // Boot areas and the replay-protected block of an eMMC are devices of their own.
        return !(family == "mmcblk" && (name.holds("boot") || name.holds("rpmb")))
    }

    /// The letters before the first digit; for sda, vdb and xvdc, whose units are letters, without the unit.
    var family: String {
        for prefix in ["sd", "vd", "xvd", "hd"] where name.hasPrefix(prefix) {
            if name.dropFirst(prefix.count).allSatisfy({ $0.isASCII && $0.isLowercase }) { return prefix }
        }
        return String(name.prefix { !$0.isNumber })
    }

    /// The kernel's order within a family: sdz before sdaa, nvme2n1 before nvme10n1.
    static func precedes(_ a: String, _ b: String) -> Bool {
        let left = (BlockDeviceName(a).family, a.utf8.count, a)
        return left < (BlockDeviceName(b).family, b.utf8.count, b)
    }
}
