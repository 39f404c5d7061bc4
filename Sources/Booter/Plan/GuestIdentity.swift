import BootSettings
import NetSetup
import NetworkValues

/// The guest's MAC address and UUID: the same at every start of this machine, different on another.
struct GuestIdentity: Equatable, Sendable {
    var mac: MACAddress
    /// The tap's own address: the gateway that the guest knows its network by.
    var gatewayMAC: MACAddress
    var uuid: String
    /// The unique local IPv6 prefix, /64.
    var prefix6: IPv6Network

    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> GuestIdentity {
        let (seed, source) = seed(facts.identity)
        if source == nil {
            notes.warn(
                .network,
                "this machine has neither a DMI product UUID nor a machine id: the guest's MAC address and UUID are the same everywhere",
                remedy: "set guest.mac and guest.uuid when two such guests share a network")
        }
        let origin = source.map { "derived from " + $0 } ?? "no identity to derive it from"
        let mac = configuration.guest.mac ?? stationAddress(digest(seed, salt: "guest mac"))
        let uuid = configuration.guest.uuid ?? uuid(digest(seed, salt: "guest uuid"))
        notes.decide("MAC address", mac.description, because: configuration.guest.mac == nil ? origin : "configured")
        notes.decide("UUID", uuid, because: configuration.guest.uuid == nil ? origin : "configured")
        return GuestIdentity(
            mac: mac, gatewayMAC: stationAddress(digest(seed, salt: "gateway mac")), uuid: uuid,
            prefix6: uniqueLocal(digest(seed, salt: "ula")))
    }

    /// A product UUID first: cloned images share the machine id.
    private static func seed(_ identity: IdentityFacts) -> (String, String?) {
        if let uuid = identity.productUUID, isReal(uuid) { return (uuid.lowercased(), "the machine's product UUID") }
        if let id = identity.machineID, isReal(id) { return (id, "/etc/machine-id") }
        return ("macos-virt", nil)
    }

    /// Firmware without a UUID says all zeros or all ones.
    private static func isReal(_ identifier: String) -> Bool {
        let digits = identifier.lowercased().utf8.filter { $0 != UInt8(ascii: "-") }
        return digits.contains { $0 != digits.first }
    }

    /// 00:16:3e is registered for virtual machines (the Xen project): globally administered, which macOS's
    /// account services expect of a built-in interface, and nobody's hardware.
    private static func stationAddress(_ digest: [UInt8]) -> MACAddress {
        MACAddress(virtualMachine: digest[0], digest[1], digest[2])
    }

    /// RFC 9562 version 8: a UUID of the maker's own scheme.
    private static func uuid(_ digest: [UInt8]) -> String {
        var bytes = digest
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }

    private static func uniqueLocal(_ digest: [UInt8]) -> IPv6Network {
        IPv6Network(uniqueLocal: digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// 16 bytes by two FNV-1a 64 runs (http://www.isthe.com/chongo/tech/comp/fnv/): stable over releases, not secret.
    private static func digest(_ seed: String, salt: String) -> [UInt8] {
        [UInt64(0xcbf2_9ce4_8422_2325), 0x9ae1_6a3b_2f90_404f].flatMap { basis in
            var hash = basis
            for byte in "\(salt)\u{0}\(seed)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            // The last bytes only reach the low bits: fold once more so that every output byte depends on them.
            hash ^= hash >> 29
            hash = hash &* 0xbf58_476d_1ce4_e5b9
            hash ^= hash >> 32
            return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
        }
    }
}
