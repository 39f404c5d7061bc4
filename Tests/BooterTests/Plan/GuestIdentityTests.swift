import NetSetup
import NetworkValues
import Testing

@testable import BootSettings
@testable import Booter

struct GuestIdentityTests {
    private func choose(
        _ product: String?, _ machine: String? = nil, _ change: (inout Configuration) -> Void = { _ in }
    ) -> (GuestIdentity, PlanNotes) {
        var facts = Sample.facts
        facts.identity = IdentityFacts(machineID: machine, productUUID: product)
        return Sample.notes { GuestIdentity.choose(.with(change), facts, &$0) }
    }

    /// A guest that gets another address with the next version of `boot` is another machine to macOS.
    @Test func isWhatItWasInTheFirstVersion() {
        let identity = choose("3d1d1a52-4a2c-4d5e-8f00-0123456789ab").0
        #expect(identity.mac.description == "00:16:3e:17:fd:db")
        #expect(identity.gatewayMAC.description == "00:16:3e:31:7e:24")
        #expect(identity.uuid == "32242fbc-5083-8148-b0cd-70ca1a7f24b9")
        #expect(identity.prefix6.description == "fd1c:5d38:58a9:72f6::/64")
    }

    @Test func theCaseOfTheUUIDDoesNotMatter() {
        #expect(choose("3D1D1A52-4A2C-4D5E-8F00-0123456789AB").0 == choose("3d1d1a52-4a2c-4d5e-8f00-0123456789ab").0)
    }

    @Test func machinesDiffer() {
        let identities = (0..<2000).map { choose("00000000-0000-0000-0000-1\($0)").0 }
        #expect(Set(identities.map(\.uuid)).count == 2000)
        #expect(Set(identities.map(\.prefix6)).count == 2000)
        // 24 bits: by chance one pair in eight runs.
        #expect(Set(identities.map(\.mac)).count >= 1998)
        for identity in identities {
            #expect(identity.mac != identity.gatewayMAC)
            #expect(identity.mac.bytes.starts(with: [0x00, 0x16, 0x3e]))
        }
    }

    @Test func theUUIDIsOneOfVersion8() {
        for number in 0..<100 {
            let groups = choose("machine-\(number)").0.uuid.split(separator: "-").map(String.init)
            #expect(groups.map(\.count) == [8, 4, 4, 4, 12])
            #expect(groups[2].first == "8" && "89ab".contains(groups[3].first ?? " "))
        }
    }

    @Test(
        arguments: [
            ("3d1d1a52-4a2c-4d5e-8f00-0123456789ab", "0123", "the machine's product UUID"), (nil, "0123", "/etc/machine-id"),
            ("00000000-0000-0000-0000-000000000000", "0123", "/etc/machine-id"),
            ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "0123", "/etc/machine-id"), ("", "0123", "/etc/machine-id"), (nil, nil, nil),
            ("00000000-0000-0000-0000-000000000000", "0000", nil),
        ] as [(String?, String?, String?)])
    func sources(product: String?, machine: String?, source: String?) {
        let (_, notes) = choose(product, machine)
        #expect(notes.reason("UUID") == source.map { "derived from " + $0 } ?? "no identity to derive it from")
        #expect(notes.warnings.isEmpty == (source != nil))
    }

    /// Two machines of one maker: told apart by the next source.
    @Test(arguments: [
        "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009", "12345678-1234-5678-90AB-CDDEEFAABBCC",
        "78563412-3412-7856-90ab-cddeefaabbcc", "03000200040005000006000700080009",
    ])
    func factoryUUIDsAreNone(product: String) {
        #expect(choose(product, "0123").1.reason("UUID") == "derived from /etc/machine-id")
        #expect(choose(product, "0123").0 != choose(product, "0124").0)
        #expect(choose(product, "uninitialized").1.warnings.count == 1)
        #expect(choose(nil, "uninitialized").1.warnings.count == 1)
    }

    @Test func aTextOfTheUsersIsTheSeed() {
        func identity(_ text: String) -> (GuestIdentity, PlanNotes) {
            choose("3d1d1a52-4a2c-4d5e-8f00-0123456789ab") { $0.guest.identity = text }
        }
        #expect(identity("pod-0").0 != identity("pod-1").0 && identity("pod-0").0 == identity("pod-0").0)
        #expect(identity("pod-0").1.reason("MAC address") == "derived from guest.identity")
        // Also where the machine has none.
        #expect(choose(nil) { $0.guest.identity = "pod-0" }.1.warnings.isEmpty)
    }

    @Test func configuredValuesWin() {
        let mac = MACAddress("52:54:00:12:34:56")
        let (identity, notes) = choose("3d1d1a52-4a2c-4d5e-8f00-0123456789ab") {
            $0.guest.mac = mac
            $0.guest.uuid = "11111111-2222-4333-8444-555555555555"
        }
        #expect(identity.mac == mac && identity.uuid == "11111111-2222-4333-8444-555555555555")
        #expect(notes.reason("MAC address") == "configured" && notes.reason("UUID") == "configured")
        #expect(identity.prefix6 == choose("3d1d1a52-4a2c-4d5e-8f00-0123456789ab").0.prefix6)
    }
}
