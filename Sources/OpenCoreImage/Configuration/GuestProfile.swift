package import BootSettings
package import Foundation

/// Everything that config.plist depends on.
package struct GuestProfile: Equatable, Sendable {
    package var version: OpenCoreVersion
    package var build: Release.Build
    package var macOS: ClosedRange<MacOSRelease>
    package var identity: MacIdentity
    /// In the order of injection.
    package var kexts: [KernelSection.Kext] = []
    /// File names below EFI/OC/Drivers, in the order of loading.
    package var drivers: [String] = []
    /// File names below EFI/OC/ACPI.
    package var tables: [String] = []
    package var picker = Picker()
    package var scan = ScanPolicy.any
    /// "1920x1080", or "Max".
    package var resolution = "1920x1080"
    package var integrity = SystemIntegrity.enabled
    /// In addition to those that the profile needs.
    package var bootArguments: [String] = []
    /// For a guest whose CPU vendor is AuthenticAMD.
    package var patches: [KernelSection.Patch] = []

    package init(version: OpenCoreVersion, build: Release.Build, macOS: ClosedRange<MacOSRelease>, identity: MacIdentity) {
        (self.version, self.build, self.macOS, self.identity) = (version, build, macOS, identity)
    }
}

/// System Integrity Protection: csr-active-config, a mask of what is allowed (bsd/sys/csr.h of XNU).
package struct SystemIntegrity: Equatable, Sendable {
    package var mask: UInt32

    package init(mask: UInt32) { self.mask = mask }

    /// Nothing is allowed, as on a new Mac.
    package static let enabled = SystemIntegrity(mask: 0)
    /// The mask of `csrutil disable --no-internal`: with Apple's internal bit (0x10), macOS finds no updates.
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

    /// Little-endian, as in NVRAM.
    package var data: Data { Data((0..<4).map { UInt8(truncatingIfNeeded: mask >> (8 * $0)) }) }
}

extension MacOSRelease {
    /// "15" or "Sequoia", or a span such as "12-26".
    package static func span(_ text: String) -> ClosedRange<MacOSRelease>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { MacOSRelease(text: String($0)) }
        guard ends.count <= 2, let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }), first <= last else {
            return nil
        }
        return first...last
    }

    /// All releases that this project supports.
    package static let all = MacOSRelease.catalina...MacOSRelease.newest
}
