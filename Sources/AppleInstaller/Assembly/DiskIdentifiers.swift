import Crypto
import Foundation
import LinuxSupport

/// Identifiers of a disk and its partitions, derived from what it is: the same sources make the same bytes.
package struct DiskIdentifiers {
    private let seed: String

    package init(_ seed: String) { self.seed = seed }

    /// A GUID of version 8 (RFC 9562, 5.8): of the disk, or of a partition.
    package func guid(_ purpose: String) -> String {
        GUID(version8: SHA256.hash(data: Data("macos-virt \(seed) \(purpose)".utf8))).uppercaseText
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
