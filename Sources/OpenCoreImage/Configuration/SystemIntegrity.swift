package import Foundation

/// System Integrity Protection: csr-active-config, a mask of what is allowed (XNU, bsd/sys/csr.h).
package struct SystemIntegrity: Equatable, Sendable {
    package var mask: UInt32

    package init(mask: UInt32) { self.mask = mask }

    /// Nothing is allowed: as on a Mac that was just bought.
    package static let enabled = SystemIntegrity(mask: 0)
    /// What `csrutil disable --no-internal` writes: with Apple's internal bit (0x10) macOS would find no updates.
    /// OpenCore's Configuration.pdf, ToggleSipEntry.
    package static let disabled = SystemIntegrity(mask: 0x26f)

    /// "enabled", "disabled" or the mask in hexadecimal.
    package init?(_ text: String) {
        switch text {
        case "enabled": self = .enabled
        case "disabled": self = .disabled
        default:
            let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
            guard let mask = UInt32(digits, radix: 16), !digits.hasPrefix("+") else { return nil }
            self.mask = mask
        }
    }

    /// Little-endian, as NVRAM has it.
    package var data: Data { Data((0..<4).map { UInt8(truncatingIfNeeded: mask >> (8 * $0)) }) }
}
