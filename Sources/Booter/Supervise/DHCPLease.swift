import LinuxSupport
import NetworkValues

/// The guest's lease, as dnsmasq writes it to its lease file whenever it grants or renews one.
struct DHCPLease: Equatable {
    var address: String
    /// The name that the guest gave; nil for none.
    var hostName: String?
    /// Seconds since 1970, as text: no two leases of a guest have the same.
    var expiry: Int

    /// The guest's lease in a lease file: nil when it has none.
    ///
    /// A line has the time of expiry, the MAC address, the IP address, the name or `*`, and the client's identifier. The leases of DHCPv6
    /// follow a line `duid ...`.
    init?(of mac: String, in text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "duid" { return nil }
            guard words.count >= 4, words[1] == mac, let expiry = Int(words[0]), let address = IPv4Address(String(words[2])) else {
                continue
            }
            self.expiry = expiry
            self.address = address.description
            hostName = words[3] == "*" ? nil : String(words[3])
            return
        }
        return nil
    }

    /// - Parameter file: dnsmasq's; one that is missing has no leases.
    static func read(_ file: String, of mac: String) -> DHCPLease? {
        do {
            return DHCPLease(of: mac, in: try FileRoot.live.text(file, limit: 1 << 20))
        } catch {
            return nil
        }
    }
}
