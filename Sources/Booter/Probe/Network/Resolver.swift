import Diagnostics
import LinuxSupport
import NetSetup
import NetworkValues

/// /etc/resolv.conf: man 5 resolv.conf.
enum Resolver {
    /// The addresses of the `nameserver` lines, in order; what is no address is left out.
    ///
    /// A zone ("fe80::1%eth0") stays: the address means nothing without it.
    static func nameservers(_ text: String) -> [String] {
        text.lines.compactMap { line in
            let fields = line.fields
            guard fields.count >= 2, fields[0] == "nameserver" else { return nil }
            let server = String(fields[1])
            let bare = String(server.prefix { $0 != "%" })
            return IPv4Address(server) != nil || IPv6Address(bare) != nil ? server.printable : nil
        }
    }
}
