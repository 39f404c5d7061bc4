import LinuxSupport

/// /sys/class/net
struct LinkReader {
    let root: FileRoot

    /// By index, which is the order in which the kernel made them.
    func links() -> [LinkFacts] {
        let links = root.list("/sys/class/net").compactMap { name -> LinkFacts? in
            // bonding_masters is a file among the links.
            guard let link = root.directory("/sys/class/net/" + name), let index = link.number("ifindex") else { return nil }
            return LinkFacts(
                name: name, index: index, mtu: link.number("mtu") ?? 1500, state: link.word("operstate") ?? "unknown",
                hasDevice: link.exists("device"))
        }
        return links.sorted { $0.index < $1.index }
    }
}
