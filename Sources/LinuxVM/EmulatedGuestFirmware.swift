import BootSettings
import Diagnostics
import Foundation
import HostSupport
import QemuArgs

/// The firmware of the guest in an emulated Linux VM.
///
/// QEMU emulates AMD's SVM, but aborts when a guest in the VM writes CR8, as OVMF does: helper_write_crN in
/// target/i386/tcg/system/misc_helper.c raises a virtual interrupt without the lock that tcg_handle_interrupt asserts. Seen with
/// QEMU 7.2 and 10.0. SeaBIOS does not write CR8.
enum EmulatedGuestFirmware: Equatable {
    /// Because the OpenCore disk starts from BIOS too.
    case bios
    /// The user has set firmware.type.
    case asConfigured(Configuration.FirmwareType)

    private static let defect = "the emulation of QEMU 7.2 and 10.0 aborts when UEFI firmware runs in the guest"

    /// - Throws: `unavailable` when only UEFI firmware would start the guest.
    static func choose(settings: [ConfigurationAssignment], openCore: DiskFile?) throws(OperationError) -> EmulatedGuestFirmware {
        if let set = settings.last(where: { $0.key == "firmware.type" }) {
            var configuration = Configuration()
            _ = try set.apply(to: &configuration)
            return .asConfigured(configuration.firmware.type)
        }
        if let openCore, openCore.format == .raw, try startsFromBIOS(openCore) { return .bios }
        throw OperationError(
            "emulate", "the guest's UEFI firmware", cause: defect,
            remedy: "use a machine with nested KVM, or give an OpenCore disk that starts from BIOS with --opencore; firmware.type=bios "
                + "starts from BIOS, firmware.type=uefi tries it all the same",
            exit: .unavailable)
    }

    /// Whether the first sector has boot code: `macos-virt mkopencore` writes it unless the release has none.
    private static func startsFromBIOS(_ disk: DiskFile) throws(OperationError) -> Bool {
        let sector = try InputFile.head(disk.path, count: 512, allowsBlockDevice: true)
        return sector.count == 512 && sector[510] == 0x55 && sector[511] == 0xAA && sector.prefix(440).contains { $0 != 0 }
    }

    var note: String? {
        switch self {
        case .bios: "the guest starts from BIOS, because \(Self.defect)"
        case .asConfigured(.uefi): "firmware.type is uefi: \(Self.defect)"
        case .asConfigured: nil
        }
    }
}
