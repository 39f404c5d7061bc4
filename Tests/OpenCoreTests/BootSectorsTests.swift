import Diagnostics
import Foundation
import HostSupport
import Testing

@testable import OpenCoreImage

/// The rules of OpenCore's BootInstallBase.sh, byte by byte.
struct BootSectorsTests {
    private let boot = Array(StandIn.sector(0x22))
    private let fat = Array(StandIn.sector(0x77))
    private let identifier = (1...14).map { UInt8($0) }

    @Test func masterLeavesSignatureAndTableAlone() throws {
        #expect(try BootSectors.master(boot0: boot) == Array(boot[0..<0x1b8]))
    }

    @Test func partitionKeepsParametersAndIsSigned() throws {
        let sector = try BootSectors.partition(boot1: boot, existing: fat, identifier: identifier)
        #expect(sector.count == 512)
        #expect(sector[0..<3] == boot[0..<3])
        #expect(sector[3..<90] == fat[3..<90])
        #expect(sector[90..<0x1f0] == boot[90..<0x1f0])
        #expect(Array(sector[0x1f0..<0x1fe]) == identifier)
        #expect(Array(sector[0x1fe...]) == [0x55, 0xaa])
    }

    @Test func whatIsNoBootSectorIsRefused() {
        var unsigned = boot
        unsigned[510] = 0
        for bad in [[], Array(boot.dropLast()), boot + [0], unsigned] {
            #expect(throws: OperationError.self) { try BootSectors.master(boot0: bad) }
            #expect(throws: OperationError.self) { try BootSectors.partition(boot1: bad, existing: fat, identifier: identifier) }
            #expect(throws: OperationError.self) { try BootSectors.partition(boot1: boot, existing: bad, identifier: identifier) }
        }
        #expect(throws: OperationError.self) {
            try BootSectors.partition(boot1: boot, existing: fat, identifier: Array(repeating: 0, count: 14))
        }
        #expect(throws: OperationError.self) { try BootSectors.partition(boot1: boot, existing: fat, identifier: [1]) }
    }

    /// Whatever the digest, OpenDuet and UEFI get what they can tell apart.
    @Test(arguments: [String(repeating: "0", count: 64), String(repeating: "f", count: 64), "", "xyz", "0123456789abcdef"])
    func identifiers(_ digest: String) {
        let identifiers = ImageIdentifiers(digest: digest)
        #expect(identifiers.diskSignature != 0)
        #expect(identifiers.bootSignature.count == 14)
        #expect(identifiers.bootSignature.contains { $0 != 0 })
        for uuid in [identifiers.diskUUID, identifiers.partitionUUID] { #expect(UUID(uuidString: uuid) != nil) }
    }
}
