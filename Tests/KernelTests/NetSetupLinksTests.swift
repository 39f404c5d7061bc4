import Foundation
import NetworkValues
import SystemPackage
import Testing

@testable import NetSetup

extension InPrivateNetwork {
    /// Taps and addresses, as `ip -j` sees them.
    struct LinksAndTaps {
        private struct Link: Decodable {
            struct Address: Decodable, Equatable {
                let family: String
                let local: String
                let prefixlen: Int
                var nodad: Bool?
                var tentative: Bool?
                var scope: String
            }
            let ifindex: Int32
            let flags: [String]
            let mtu: Int
            let address: String
            let addresses: [Address]

            enum CodingKeys: String, CodingKey {
                case ifindex, flags, mtu, address
                case addresses = "addr_info"
            }
        }

        private static func show(_ name: String) throws -> Link {
            let text = try Shell.must("ip -j address show dev \(name)")
            return try #require(try JSONDecoder().decode([Link].self, from: Data(text.utf8)).first)
        }

        private static func isThere(_ name: String) throws -> Bool { try Shell.run("ip link show dev \(name)").succeeded }

        @Test func aTapLivesAsLongAsItsDescriptor() throws {
            do {
                let tap = try Tap.open(name: .tap0)
                #expect(tap.descriptors.count == 1)
                #expect(try Self.isThere("tap0"))
                let detail = try Shell.must("ip -d -j link show dev tap0")
                #expect(detail.contains("\"type\":\"tap\"") && detail.contains("\"vnet_hdr\":true") && detail.contains("\"pi\":false"))
                #expect(detail.contains("\"multi_queue\":false") && detail.contains("\"persist\":false"))
            }
            #expect(try !Self.isThere("tap0"))
        }

        @Test func aTakenDescriptorIsInheritedByAChild() throws {
            let descriptors = try Tap.open(name: .tap0, queues: 3).takeDescriptors()
            defer { for descriptor in descriptors { close(descriptor) } }
            #expect(descriptors.count == 3)
            for descriptor in descriptors { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0) }
            #expect(try Shell.must("ip -d -j link show dev tap0").contains("\"multi_queue\":true"))
        }

        @Test func anUntakenDescriptorIsNotInherited() throws {
            let tap = try Tap.open(name: .tap0)
            for descriptor in tap.descriptors { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
        }

        @Test func aPersistentTapStaysAndCanBeAttachedAgain() throws {
            let links = try Links()
            do { _ = try Tap.open(name: .tap0, persistent: true) }
            #expect(try links.exists(.tap0))
            do {
                let again = try Tap.open(name: .tap0)
                #expect(again.descriptors.count == 1)
            }
            try links.delete(.tap0)
            #expect(try !Self.isThere("tap0"))
            try links.delete(.tap0)
        }

        @Test func aBusyTapAsksForTheGuest() throws {
            let tap = try Tap.open(name: .tap0)
            let error = #expect(throws: NetError.self) { _ = try Tap.open(name: .tap0) }
            #expect(
                error?.description
                    == "create tap tap0: TUNSETIFF: Device or resource busy (stop the program that uses it: is a guest running?)")
            _ = tap.descriptors
        }

        @Test(arguments: [(1, 2, "has one queue"), (2, 1, "has several queues")])
        func theNumberOfQueuesMustFit(_ first: Int, _ second: Int, _ words: String) throws {
            let tap = try Tap.open(name: .tap0, queues: first)
            let error = #expect(throws: NetError.self) { _ = try Tap.open(name: .tap0, queues: second) }
            #expect(error?.errno == .invalidArgument)
            #expect(error?.description.contains(words) == true)
            _ = tap.descriptors
        }

        @Test func anInterfaceThatIsNoTapIsRefused() throws {
            let error = #expect(throws: NetError.self) { _ = try Tap.open(name: try #require(InterfaceName("lo"))) }
            #expect(error?.description == "create tap lo: another program's interface has this name (choose another name with network.tap)")
            #expect(try Self.isThere("lo"))
        }

        @Test func everythingThatAnInterfaceCanBe() throws {
            let tap = try Tap.open(name: .tap0)
            let links = try Links()
            try links.disableLinkLocalAddress(of: .tap0)
            try links.setMTU(1460, of: .tap0)
            try links.setMACAddress(#require(MACAddress("52:54:00:ab:cd:ef")), of: .tap0)
            try links.setUp(.tap0)
            let v4 = try #require(IPv4Address("192.168.254.1"))
            let v6 = try #require(IPv6Address("fd00:1::1"))
            for _ in 0..<2 {
                try links.addAddress(v4, prefixLength: 24, to: .tap0)
                try links.addAddress(v6, prefixLength: 64, to: .tap0)
            }
            let link = try Self.show("tap0")
            #expect(link.mtu == 1460)
            #expect(link.address == "52:54:00:ab:cd:ef")
            #expect(link.flags.contains("UP"))
            #expect(link.addresses.map(\.local) == ["192.168.254.1", "fd00:1::1"])
            #expect(link.addresses.map(\.prefixlen) == [24, 64])
            #expect(link.addresses.last?.nodad == true && link.addresses.last?.tentative == nil)
            #expect(try link.ifindex == links.index(of: .tap0))
            _ = tap.descriptors
        }

        @Test func theSameAddressWithAnotherPrefixIsNoSuccess() throws {
            let tap = try Tap.open(name: .tap0)
            let links = try Links()
            let v6 = try #require(IPv6Address("fd00:1::1"))
            try links.addAddress(v6, prefixLength: 64, to: .tap0)
            let error = #expect(throws: NetError.self) { try links.addAddress(v6, prefixLength: 48, to: .tap0) }
            #expect(error?.errno == .fileExists)
            #expect(error?.description.hasPrefix("add address fd00:1::1/48 to tap0: File exists") == true)
            _ = tap.descriptors
        }

        @Test func theKernelsOwnWordsReachTheUser() throws {
            let tap = try Tap.open(name: .tap0)
            let error = #expect(throws: NetError.self) { try Links().setMTU(20, of: .tap0) }
            #expect(error?.description == "set MTU of tap0: Invalid argument: mtu less than device minimum")
            _ = tap.descriptors
        }

        @Test func whatIsNotThereHasItsErrorNumber() throws {
            let links = try Links()
            #expect(try !links.exists(.tap0))
            let error = #expect(throws: NetError.self) { try links.setUp(.tap0) }
            #expect(error?.description == "find interface tap0: No such device")
        }

    }
}
