import CNetlink
import Glibc
public import NetworkValues
import SystemPackage

/// Network interfaces and their addresses, by rtnetlink.
public struct Links: ~Copyable {
    private let socket: NetlinkSocket

    /// - Throws: `NetError` when no netlink socket can be opened.
    public init() throws(NetError) { socket = try NetlinkSocket(.route) }

    /// Whether an interface has this name: `ip link show tap0`.
    func exists(_ name: InterfaceName) throws(NetError) -> Bool { try find(name) != nil }

    /// The interface's number.
    /// - Throws: `NetError` with `.operationNotSupportedByDevice` when there is none of this name.
    func index(of name: InterfaceName) throws(NetError) -> Int32 {
        guard let index = try find(name) else {
            throw NetError("find interface", "\(name)", .kernel(.operationNotSupportedByDevice, message: nil))
        }
        return index
    }

    /// `ip link set tap0 up`
    public func setUp(_ name: InterfaceName) throws(NetError) {
        try change("set up interface", name) { rtnl_link_set_flags($0, UInt32(IFF_UP)) }
    }

    /// `ip link set tap0 mtu 1460`
    /// - Parameter mtu: bytes, without the Ethernet header.
    public func setMTU(_ mtu: Int, of name: InterfaceName) throws(NetError) {
        guard let mtu = UInt32(exactly: mtu) else { throw NetError("set MTU of", "\(name)", .invalid("\(mtu) is not an MTU")) }
        try change("set MTU of", name) { rtnl_link_set_mtu($0, mtu) }
    }

    /// `ip link set tap0 address 52:54:00:12:34:56`
    public func setMACAddress(_ address: MACAddress, of name: InterfaceName) throws(NetError) {
        let owned = try LinkAddress(AF_LLC, address.bytes, prefixLength: nil)
        try change("set MAC address of", name) { rtnl_link_set_addr($0, owned.handle) }
    }

    /// `ip link set tap0 addrgenmode none`: the kernel then assigns no fe80:: address when the link comes up.
    func disableLinkLocalAddress(of name: InterfaceName) throws(NetError) {
        try change("set addrgenmode of", name) { rtnl_link_inet6_set_addr_gen_mode($0, UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue)) }
    }

    /// `ip address replace 192.168.254.1/24 dev tap0`: succeeds if the address is there already with this prefix length.
    public func addAddress(_ address: IPv4Address, prefixLength: Int, to name: InterfaceName) throws(NetError) {
        try add(name, AF_INET, address.bytes, prefixLength, flags: 0, text: "\(address)/\(prefixLength)")
    }

    /// `ip address replace fd00::1/64 dev tap0 nodad`: succeeds if the address is there already with this prefix length.
    ///
    /// Duplicate address detection would keep the address tentative for a second, and the tap has no other hosts.
    public func addAddress(_ address: IPv6Address, prefixLength: Int, to name: InterfaceName) throws(NetError) {
        try add(name, AF_INET6, address.bytes, prefixLength, flags: UInt32(IFA_F_NODAD), text: "\(address)/\(prefixLength)")
    }

    /// The alias of every interface that `Tap` creates: `ip link show` prints it, and what has another is not ours.
    static let alias = "macos-virt"

    /// `ip link set tap0 alias macos-virt`
    func mark(_ name: InterfaceName) throws(NetError) {
        try change("set alias of", name) { rtnl_link_set_ifalias($0, Self.alias) }
    }

    /// Whether an interface of this name exists that `Tap` created; nil when there is none.
    public func isOurs(_ name: InterfaceName) throws(NetError) -> Bool? {
        // libnl has an error code of its own for a name that does not exist.
        guard try find(name) != nil else { return nil }
        var link: OpaquePointer?
        try socket.call("find interface", "\(name)") { rtnl_link_get_kernel($0, 0, name.description, &link) }
        guard let link else { return nil }
        defer { rtnl_link_put(link) }
        return rtnl_link_get_ifalias(link).map { String(cString: $0) } == Self.alias
    }

    /// All interfaces that `Tap` created.
    public func ours() throws(NetError) -> [InterfaceName] {
        guard let list = if_nameindex() else { throw NetError("list", "interfaces", .errno(Errno(rawValue: errno), call: "if_nameindex")) }
        defer { if_freenameindex(list) }
        var names: [InterfaceName] = []
        var entry = list
        while let name = entry.pointee.if_name {
            if let name = InterfaceName(String(cString: name)), try isOurs(name) == true { names.append(name) }
            entry += 1
        }
        return names
    }

    /// `ip link delete tap0`, if `Tap` created it: succeeds if there is no such link, and leaves a foreign one alone.
    public func deleteTap(_ name: InterfaceName) throws(NetError) {
        guard try isOurs(name) == true else { return }
        try delete(name)
    }

    /// `ip link delete tap0`: succeeds if there is no such link.
    func delete(_ name: InterfaceName) throws(NetError) {
        guard let link = rtnl_link_alloc() else { throw Self.noMemory(name) }
        defer { rtnl_link_put(link) }
        rtnl_link_set_name(link, name.description)
        do {
            try socket.call("delete interface", "\(name)") { rtnl_link_delete($0, link) }
        } catch  where error.errno == .operationNotSupportedByDevice {
            return
        }
    }

    /// By ioctl, which is cheaper: a netlink reply holds every attribute of the link.
    private func find(_ name: InterfaceName) throws(NetError) -> Int32? {
        let index = if_nametoindex(name.description)
        if index > 0 { return Int32(bitPattern: index) }
        let error = Errno(rawValue: errno)
        guard error == .operationNotSupportedByDevice else {
            throw NetError("find interface", "\(name)", .errno(error, call: "if_nametoindex"))
        }
        return nil
    }

    private func change(_ operation: String, _ name: InterfaceName, _ edit: (OpaquePointer) -> Void) throws(NetError) {
        try change(operation, name) { link -> Int32 in
            edit(link)
            return 0
        }
    }

    private func change(_ operation: String, _ name: InterfaceName, _ edit: (OpaquePointer) -> Int32) throws(NetError) {
        guard let present = rtnl_link_alloc(), let wanted = rtnl_link_alloc() else { throw Self.noMemory(name) }
        defer {
            rtnl_link_put(present)
            rtnl_link_put(wanted)
        }
        rtnl_link_set_ifindex(present, try index(of: name))
        let edited = edit(wanted)
        guard edited == 0 else { throw NetError(operation, "\(name)", .libnl(edited)) }
        try socket.call(operation, "\(name)") { rtnl_link_change($0, present, wanted, 0) }
    }

    private func add(
        _ name: InterfaceName, _ family: Int32, _ bytes: [UInt8], _ prefixLength: Int, flags: UInt32, text: String
    ) throws(NetError) {
        let operation = "add address \(text) to"
        guard (0...bytes.count * 8).contains(prefixLength) else { throw NetError(operation, "\(name)", .invalid("no such prefix length")) }
        let local = try LinkAddress(family, bytes, prefixLength: Int32(prefixLength))
        guard let address = rtnl_addr_alloc() else { throw Self.noMemory(name) }
        defer { rtnl_addr_put(address) }
        rtnl_addr_set_ifindex(address, try index(of: name))
        let code = rtnl_addr_set_local(address, local.handle)
        guard code == 0 else { throw NetError(operation, "\(name)", .libnl(code)) }
        if flags != 0 { rtnl_addr_set_flags(address, flags) }
        do {
            try socket.call(operation, "\(name)") { rtnl_addr_add($0, address, 0) }
        } catch  where error.errno == .fileExists {
            // For IPv6 the kernel also answers EEXIST when the prefix length differs, which is not what was asked for.
            if try !holds(name, local, prefixLength) { throw error }
        }
    }

    /// Whether `ip address show dev tap0` lists this address with this prefix length.
    private func holds(_ name: InterfaceName, _ local: borrowing LinkAddress, _ prefixLength: Int) throws(NetError) -> Bool {
        let index = try index(of: name)
        var cache: OpaquePointer?
        try socket.call("list addresses of", "\(name)") { rtnl_addr_alloc_cache($0, &cache) }
        defer { nl_cache_free(cache) }
        var object = nl_cache_get_first(cache)
        while let entry = object {
            let address = entry
            if rtnl_addr_get_ifindex(address) == index, nl_addr_cmp(rtnl_addr_get_local(address), local.handle) == 0,
                rtnl_addr_get_prefixlen(address) == Int32(prefixLength)
            {
                return true
            }
            object = nl_cache_get_next(entry)
        }
        return false
    }

    private static func noMemory(_ name: InterfaceName) -> NetError {
        NetError("change interface", "\(name)", .errno(.noMemory, call: nil))
    }
}

/// The owner of one libnl address.
private struct LinkAddress: ~Copyable {
    let handle: OpaquePointer

    init(_ family: Int32, _ bytes: [UInt8], prefixLength: Int32?) throws(NetError) {
        guard let handle = nl_addr_build(family, bytes, bytes.count) else {
            throw NetError("build address", "", .errno(.noMemory, call: nil))
        }
        if let prefixLength { nl_addr_set_prefixlen(handle, prefixLength) }
        self.handle = handle
    }

    deinit { nl_addr_put(handle) }
}
