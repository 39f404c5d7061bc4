import Crypto
import Foundation

/// Identifiers of a disk and its partitions, derived from what it is: the same sources make the same bytes.
struct DiskIdentifiers {
    private let seed: String

    init(_ seed: String) { self.seed = seed }

    /// A GUID of version 8 (RFC 9562, 5.8): of the disk, or of a partition.
    func guid(_ purpose: String) -> String {
        var bytes = Array(SHA256.hash(data: Data("macos-virt \(seed) \(purpose)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
        return groups.joined(separator: "-")
    }

    /// The serial number of a FAT volume.
    var volumeSerial: UInt32 {
        SHA256.hash(data: Data("macos-virt \(seed) serial".utf8)).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// What macOS makes the UUID of an HFS+ volume of.
    var volumeIdentifier: UInt64 {
        SHA256.hash(data: Data("macos-virt \(seed) volume".utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
