import LinuxSupport

/// Which block devices are mounted or swapped to, by kernel name and by number.
struct DiskUse: Sendable {
    private var mounts: [String: [String]] = [:]

    /// - Parameter swaps: the text of /proc/swaps.
    init(mounts infos: [MountInfo], swaps: String) {
        for info in infos {
            // Mount points are relative to this process's root. A device that is mounted twice has two places.
            add(info.mountPoint, to: info.device)
            // Btrfs has a device number of its own: only the mount's source names the disk.
            if info.device.hasPrefix("0:"), info.source.hasPrefix("/dev/") { add(info.mountPoint, to: String(info.source.dropFirst(5))) }
        }
        for line in swaps.lines.dropFirst() {
            guard let path = line.fields.first, path.hasPrefix("/dev/") else { continue }
            add("swap", to: String(MountInfo.unescaped(path).dropFirst(5)))
        }
    }

    private mutating func add(_ place: String, to device: String) {
        if !(mounts[device]?.contains(place) ?? false) { mounts[device, default: []].append(place) }
    }

    /// Where a device is in use, given its name ("sda1") and number ("8:1").
    func places(name: String, number: String?) -> [String] {
        let byNumber = number.flatMap { mounts[$0] } ?? []
        return byNumber + (mounts[name] ?? []).filter { !byNumber.contains($0) }
    }
}
