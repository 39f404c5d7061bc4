import LinuxSupport

/// /sys/class/net
struct LinkReader {
    let root: FileRoot

    /// By index, which is the order in which the kernel made them.
    func links() -> [LinkFacts] {
        let links = root.list("/sys/class/net").compactMap { name -> LinkFacts? in
            let directory = "/sys/class/net/\(name)/"
            // bonding_masters is a file among the links.
            guard let index = root.number(directory + "ifindex") else { return nil }
            return LinkFacts(
                name: name, index: index, mtu: root.number(directory + "mtu") ?? 1500,
                state: root.word(directory + "operstate") ?? "unknown", hasDevice: root.exists(directory + "device"))
        }
        return links.sorted { $0.index < $1.index }
    }
}
