import Crypto
import CryptoExtras
package import Diagnostics
package import Downloads
package import Foundation

/// Apple's list of the pieces of a file ("CNKL"): BaseSystem.chunklist, and integrityDataV1 of the catalog.
///
/// Little-endian: magic, header size, version, method of the pieces, method of the signature, count, place of the pieces, place of the
/// signature; then pieces of a size and a SHA-256; then the signature. acidanthera/OpenCorePkg, macrecovery.py.
package struct Chunklist: Equatable, Sendable {
    /// What protects the list itself.
    package enum Protection: String, Sendable {
        /// Method 1: a signature of Apple's key.
        case signature
        /// Method 2: its SHA-256, which finds damage. Trust comes from whoever gave the list.
        case digest
    }

    package let pieces: PieceList
    package let protection: Protection

    /// Bytes: three million pieces.
    package static let limit = 128 << 20
    private static let (headerSize, entrySize, signatureSize) = (0x24, 36, 256)

    /// - Parameters:
    ///   - name: for messages.
    ///   - keys: the moduli of 2048 bits, big-endian, of keys that may have signed it.
    ///   - required: the protection that is expected.
    /// - Throws: `dataError` unless everything about the list is right.
    package init(_ data: Data, name: String, keys: [[UInt8]], required: Protection) throws(OperationError) {
        let bytes = Array(data)
        func refuse(_ cause: String) -> OperationError {
            OperationError(
                "check", name.printable, cause: cause, remedy: "get it again; nothing that it describes is used", exit: .dataError)
        }
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset <= bytes.count - count else { return nil }
            let value = bytes[offset..<offset + count].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int(exactly: value)
        }
        guard bytes.starts(with: Array("CNKL".utf8)), number(4, 4) == Self.headerSize else { throw refuse("it is not a chunklist") }
        guard bytes.count >= Self.headerSize, bytes[8] == 1, bytes[9] == 1 else {
            throw refuse("it is a chunklist of a version that this program does not know")
        }
        guard let count = number(12, 8), let first = number(20, 8), let end = number(28, 8), first == Self.headerSize,
            (1...(Self.limit / Self.entrySize)).contains(count), end == first + count * Self.entrySize, end <= bytes.count
        else { throw refuse("its pieces are not where its header says") }
        let (signed, seal) = (bytes[..<end], Array(bytes[end...]))
        switch bytes[10] {
        case 1:
            guard seal.count == Self.signatureSize else { throw refuse("its signature has \(seal.count) bytes instead of 256") }
            guard keys.contains(where: { Self.hasSigned(signed, seal, modulus: $0) }) else {
                throw refuse("its signature is not by Apple's key")
            }
            protection = .signature
        case 2:
            guard SHA256.hash(data: signed).elementsEqual(seal) else { throw refuse("its own SHA-256 differs") }
            protection = .digest
        case 3: throw refuse("its signature is of method 3, which nobody outside of Apple can check")
        case let method: throw refuse("its signature is of the unknown method \(method)")
        }
        guard required == .digest || protection == .signature else { throw refuse("it is not signed") }
        let list = PieceList(
            (0..<count).map { index in
                let offset = first + index * Self.entrySize
                return (number(offset, 4) ?? 0, Array(bytes[offset + 4..<offset + Self.entrySize]))
            })
        guard let list else { throw refuse("it has a piece of 0 bytes or of more than 1 GiB") }
        pieces = list
    }

    /// PKCS #1 v1.5 with SHA-256 and the exponent 65537; the signature is stored with its last byte first.
    private static func hasSigned(_ signed: ArraySlice<UInt8>, _ seal: [UInt8], modulus: [UInt8]) -> Bool {
        guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: [1, 0, 1]) else { return false }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: Data(seal.reversed()))
        return key.isValidSignature(signature, for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5)
    }
}
