import BootSettings
import LinuxSupport
import NetSetup
import NetworkValues

/// The guest's MAC address and UUID: the same at every start of this machine, different on another.
struct GuestIdentity: Equatable, Sendable {
    var mac: MACAddress
    /// The tap's own address: the guest's gateway.
    var gatewayMAC: MACAddress
    var uuid: String
    /// The unique local IPv6 prefix, /64.
    var prefix6: IPv6Network
    /// What the next starts derive them from, on this machine or another one; nil where the configuration or a file says it already.
    var unkept: KeptIdentity?

    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> GuestIdentity {
        choose(configuration, facts.identity, &notes)
    }

    static func choose(_ configuration: Configuration, _ facts: IdentityFacts, _ notes: inout PlanNotes) -> GuestIdentity {
        let (seed, source) = seed(configuration, facts)
        let isKept = configuration.guest.identity != nil || facts.kept != nil
        if source == nil {
            notes.warn(
                .network,
                "this machine has no product UUID of its own and no machine ID: the guest's MAC address and UUID are the same everywhere",
                remedy: "set guest.identity to a text that is different for each guest")
        }
        let origin = source.map { "derived from " + $0 } ?? "no identity to derive it from"
        let mac = configuration.guest.mac ?? stationAddress(digest(seed, salt: "guest mac"))
        let uuid = configuration.guest.uuid ?? GUID(version8: digest(seed, salt: "guest uuid")).text
        notes.decide("MAC address", mac.description, because: configuration.guest.mac == nil ? origin : "configured")
        notes.decide("UUID", uuid, because: configuration.guest.uuid == nil ? origin : "configured")
        return GuestIdentity(
            mac: mac, gatewayMAC: stationAddress(digest(seed, salt: "gateway mac")), uuid: uuid,
            prefix6: uniqueLocal(digest(seed, salt: "ula")),
            unkept: isKept ? nil : source.map { KeptIdentity(seed: seed, source: $0) })
    }

    /// A product UUID before the machine ID, which cloned images share.
    private static func seed(_ configuration: Configuration, _ identity: IdentityFacts) -> (String, String?) {
        if let text = configuration.guest.identity { return (text, "guest.identity") }
        if let text = identity.kept { return (text, "the identity that an earlier start has kept") }
        if let text = identity.productUUID, isUnique(product: text) { return (text.lowercased(), "the machine's product UUID") }
        if let id = identity.machineID, isReal(id), id != uninitialized { return (id, "/etc/machine-id") }
        return ("macos-virt", nil)
    }

    /// What systemd writes to /etc/machine-id until the first boot is over: machine-id(5).
    private static let uninitialized = "uninitialized"

    /// Not one repeated digit: firmware without a UUID reports all zeros or all ones.
    private static func isReal(_ identifier: String) -> Bool {
        let digits = identifier.lowercased().utf8.filter { $0 != UInt8(ascii: "-") }
        return digits.contains { $0 != digits.first }
    }

    private static func isUnique(product text: String) -> Bool {
        guard isReal(text) else { return false }
        guard let uuid = GUID(text) else { return true }
        return !factoryUUIDs.contains { $0 == uuid.text || $0 == uuid.byteSwapped.text }
    }

    /// Placeholders that board makers ship in thousands of machines; both byte orders are compared.
    private static let factoryUUIDs = [
        // American Megatrends' template; MSI, ASRock, ECS, Gigabyte and unnamed boards have it.
        "03000200-0400-0500-0006-000700080009", "03020100-0504-0706-0809-0a0b0c0d0e0f", "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "03000200-0400-0500-0006-000700080008",
        // Templates of other makers.
        "12345678-1234-5678-90ab-cddeefaabbcc", "12345678-1234-5678-1234-567812345678", "12345678-1234-1234-1234-123456789012",
        "12345678-1234-1234-1234-123456789abc", "01234567-8910-1112-1314-151617181920", "01234567-89ab-cdef-0123-456789abcdef",
        "11111111-2222-3333-4444-555555555555", "11223344-5566-7788-99aa-bbccddeeff00", "00112233-4455-6677-8899-aabbccddeeff",
        "10000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001", "fefefefe-fefe-fefe-fefe-fefefefefefe",
        "20202020-2020-2020-2020-202020202020", "01010101-0101-0101-0101-010101010101", "deadbeef-dead-beef-dead-beefdeadbeef",
        // Dell without a service tag, Supermicro without a serial number.
        "4c4c4544-0000-2010-8020-80c04f202020", "44454c4c-0000-2010-8020-80c04f202020", "44454c4c-2000-1020-8020-a0c04f202020",
        "49434d53-0200-9000-2500-900025000000",
    ]

    /// 00:16:3e is registered for virtual machines (the Xen project): globally administered, which macOS's
    /// account services expect of a built-in interface, and nobody's hardware.
    private static func stationAddress(_ digest: [UInt8]) -> MACAddress {
        MACAddress(virtualMachine: digest[0], digest[1], digest[2])
    }

    private static func uniqueLocal(_ digest: [UInt8]) -> IPv6Network {
        IPv6Network(uniqueLocal: digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// 16 bytes by two runs of FNV-1a: stable over releases, not secret.
    private static func digest(_ seed: String, salt: String) -> [UInt8] {
        [FNV1a.basis, 0x9ae1_6a3b_2f90_404f].flatMap { basis in
            var hash = FNV1a.hash("\(salt)\u{0}\(seed)".utf8, from: basis)
            // The last input bytes reach only the low bits: one more fold makes every output byte depend on them.
            hash ^= hash >> 29
            hash = hash &* 0xbf58_476d_1ce4_e5b9
            hash ^= hash >> 32
            return (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
        }
    }
}
