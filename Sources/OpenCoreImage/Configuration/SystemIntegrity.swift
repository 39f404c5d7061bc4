public import Foundation

/// System Integrity Protection: csr-active-config, a mask of what is allowed (XNU, bsd/sys/csr.h).
public struct SystemIntegrity: Equatable, Sendable {
    public var mask: UInt32

    public init(mask: UInt32) { self.mask = mask }

    /// Nothing is allowed: as on a Mac that was just bought.
    public static let enabled = SystemIntegrity(mask: 0)
    /// What `csrutil disable --no-internal` writes: with Apple's internal bit (0x10) macOS would find no updates.
    /// OpenCore's Configuration.pdf, ToggleSipEntry.
    public static let disabled = SystemIntegrity(mask: 0x26f)

    /// "enabled", "disabled" or the mask in hexadecimal.
    public init?(_ text: String) {
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
    public var data: Data { Data((0..<4).map { UInt8(truncatingIfNeeded: mask >> (8 * $0)) }) }
}
