import Crypto
import CryptoExtras
import Diagnostics
import Downloads
import Foundation
import Testing

@testable import AppleInstaller

/// What is trusted, and what is not.
struct TrustTests {
    /// The key that Apple's firmware has, and its root certificate: a wrong digit here would be a catastrophe that no other test can find.
    @Test func applesOwn() {
        #expect(TrustAnchors.apple.chunklistKeys.count == 1)
        #expect(
            TrustAnchors.apple.chunklistKeys.first.map { Data($0).sha256 }
                == "bcc5659cd17be6b85bb9dc971c0370aa7e47e159f86ca1cdbe2c5b948e68a45e")
        #expect(TrustAnchors.apple.roots == ["b0b1730ecbc7ff4505142c49f1295e6eda6bcaed7e2c68c5be91b5a11001f024"])
        #expect(TrustAnchors.apple.authority == "Apple Software Update Certification Authority")
    }

    private static let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048)

    private struct Parts {
        var magic = Array("CNKL".utf8), headerSize = 0x24, version: UInt8 = 1, chunkMethod: UInt8 = 1, method: UInt8 = 1
        var count: Int?, first = 0x24, end: Int?
        var pieces: [(Int, [UInt8])] = [(1000, [UInt8](repeating: 7, count: 32)), (500, [UInt8](repeating: 8, count: 32))]

        func signedBytes() -> [UInt8] {
            func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
            let head = magic + little(headerSize, 4) + [version, chunkMethod, method, 0]
            let places = little(count ?? pieces.count, 8) + little(first, 8) + little(end ?? 0x24 + 36 * pieces.count, 8)
            return head + places + pieces.flatMap { little($0.0, 4) + $0.1 }
        }

        func signed() throws -> Data {
            let bytes = signedBytes()
            guard method == 1 else { return Data(bytes) + Data(SHA256.hash(data: bytes)) }
            let seal = try #require(TrustTests.key).signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
            return Data(bytes) + Data(seal.rawRepresentation.reversed())
        }
    }

    private static var modulus: [UInt8] {
        get throws { Array(try #require(key).publicKey.getKeyPrimitives().modulus) }
    }

    private func chunklist(_ data: Data, _ required: Chunklist.Protection = .signature) throws -> Chunklist {
        try Chunklist(data, name: "list", keys: [Self.modulus], required: required)
    }

    @Test func signedChunklists() async throws {
        let list = try chunklist(Parts().signed())
        #expect(list.protection == .signature && list.pieces.size == 1500 && list.pieces.pieces.map(\.size) == [1000, 500])
        // Another key: Apple's.
        await refuses(.dataError, naming: "not by Apple's key") {
            try Chunklist(Parts().signed(), name: "list", keys: TrustAnchors.apple.chunklistKeys, required: .signature)
        }
        // Every bit of what is signed, and of the signature.
        let data = try Parts().signed()
        for index in data.indices {
            var damaged = data
            damaged[index] ^= 1
            #expect(throws: OperationError.self, "byte \(index)") { try chunklist(damaged) }
        }
        for count in 0..<data.count { #expect(throws: OperationError.self) { try chunklist(data.prefix(count)) } }
        #expect(throws: OperationError.self) { try chunklist(data + [0]) }
    }

    @Test func chunklistsWithADigest() async throws {
        var parts = Parts()
        parts.method = 2
        #expect(try chunklist(parts.signed(), .digest).protection == .digest)
        // Anybody can make one: it is not enough where a signature belongs.
        await refuses(.dataError, naming: "it is not signed") { try chunklist(parts.signed()) }
        let data = try parts.signed()
        for index in data.indices {
            var damaged = data
            damaged[index] ^= 1
            #expect(throws: OperationError.self, "byte \(index)") { try chunklist(damaged, .digest) }
        }
        parts.method = 3
        await refuses(.dataError, naming: "method 3") { try chunklist(Data(parts.signedBytes()) + Data(count: 808), .digest) }
        parts.method = 0
        await refuses(.dataError, naming: "unknown method 0") { try chunklist(Data(parts.signedBytes()) + Data(count: 32), .digest) }
    }

    /// Signed or not, a list that contradicts itself is refused.
    @Test func chunklistsThatAreNoLists() throws {
        let changes: [(String, (inout Parts) -> Void)] = [
            ("no pieces", { $0.pieces = [] }), ("more pieces", { $0.count = 3 }), ("fewer pieces", { $0.count = 1 }),
            ("too many", { $0.count = 1 << 60 }), ("negative", { $0.count = -1 }), ("place", { $0.first = 0x20 }),
            ("end", { $0.end = 0x24 }), ("end outside", { $0.end = 1 << 62 }), ("empty piece", { $0.pieces[0].0 = 0 }),
            ("huge piece", { $0.pieces[0].0 = 0xffff_ffff }), ("version", { $0.version = 2 }), ("method", { $0.chunkMethod = 2 }),
            ("header", { $0.headerSize = 0x28 }), ("magic", { $0.magic = Array("CNKM".utf8) }),
        ]
        for (name, change) in changes {
            var parts = Parts()
            change(&parts)
            #expect(throws: OperationError.self, "\(name)") { try chunklist(parts.signed()) }
            parts.method = 2
            #expect(throws: OperationError.self, "\(name)") { try chunklist(parts.signed(), .digest) }
        }
    }
}
