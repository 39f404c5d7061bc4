import CryptoExtras
package import Diagnostics
import Foundation

/// A password as macOS 10.8 and later keep it: SALTED-SHA512-PBKDF2, PBKDF2 with HMAC-SHA-512, 128 bytes long.
///
/// The text form is the one that the tools for such hashes share: `$ml$ITERATIONS$SALT$HASH`, hexadecimal.
package struct PasswordHash: Equatable, Sendable {
    package let iterations: Int
    package let salt: [UInt8]
    package let hash: [UInt8]

    /// Bytes: what macOS makes itself.
    private static let (saltSize, hashSize) = (32, 128)
    /// macOS takes some 50000 to 200000, by the speed of the machine; less than the lower bound is no protection.
    package static let iterationLimits = 10_000...10_000_000
    private static let usualIterations = 150_000

    /// The hash of a password, with a salt of its own.
    /// - Throws: `software` when the library refuses.
    package init(of password: String, iterations: Int = usualIterations) throws(OperationError) {
        try self.init(of: password, iterations: iterations, salt: (0..<Self.saltSize).map { _ in UInt8.random(in: 0...255) })
    }

    package init(of password: String, iterations: Int, salt: [UInt8]) throws(OperationError) {
        do {
            let key = try KDF.Insecure.PBKDF2.deriveKey(
                from: Data(password.utf8), salt: salt, using: .sha512, outputByteCount: Self.hashSize,
                unsafeUncheckedRounds: iterations)
            hash = key.withUnsafeBytes { Array($0) }
        } catch {
            throw OperationError("hash", "the password", cause: "\(error)", exit: .software)
        }
        (self.iterations, self.salt) = (iterations, salt)
    }

    /// nil for what is not the text form, or has another length than macOS uses.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "ml", let iterations = Int(parts[2]), String(iterations) == parts[2],
            Self.iterationLimits.contains(iterations), let salt = Self.bytes(parts[3]), let hash = Self.bytes(parts[4]),
            salt.count == Self.saltSize, hash.count == Self.hashSize
        else { return nil }
        (self.iterations, self.salt, self.hash) = (iterations, salt, hash)
    }

    package var text: String { "$ml$\(iterations)$\(salt.hexadecimal)$\(hash.hexadecimal)" }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// /etc/kcpassword: the password of the account that is logged in at the start. Everyone who can read the file can read the password:
/// it is mixed with a key that every Mac has.
package enum LoginPassword {
    private static let key: [UInt8] = [0x7d, 0x89, 0x52, 0x23, 0xd2, 0xbc, 0xdd, 0xea, 0xa3, 0xb9, 0x1f]
    /// macOS writes whole pieces of this size, at least one NUL included.
    private static let piece = 12

    package static func file(_ password: String) -> [UInt8] {
        let bytes = Array(password.utf8)
        let padding = piece - bytes.count % piece
        return (bytes + [UInt8](repeating: 0, count: padding)).enumerated().map { $0.element ^ key[$0.offset % key.count] }
    }
}
