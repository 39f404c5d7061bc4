import QemuArgs

/// The controller through which the Linux VM sees its own disk and macOS's.
package enum DiskBus: String, CaseIterable, Codable, Sendable {
    case virtioSCSI = "virtio-scsi"
    case ahci, nvme

    /// Nothing for AHCI: q35 has one built in.
    func controllers() -> [QemuArgs.CommandLine.Argument] {
        switch self {
        case .virtioSCSI: [.device(OptionString("virtio-scsi-pci").with("id", "scsi"))]
        case .ahci, .nvme: []
        }
    }

    /// The disk of the drive `name` at place `slot`, counted from 0.
    ///
    /// Linux finds disks side by side and may give them names in any order: the serial number, which is the drive's name, stays.
    func device(_ name: String, slot: Int, bootIndex: Int?) -> QemuArgs.CommandLine.Argument {
        let device =
            switch self {
            case .virtioSCSI: OptionString("scsi-hd").with("bus", "scsi.0").with("scsi-id", slot).with("lun", 0)
            case .ahci: OptionString("ide-hd").with("bus", "ide.\(slot)")
            case .nvme: OptionString("nvme")
            }
        return .device(device.with("id", name).with("drive", name + "-drive").with("serial", name).with("bootindex", bootIndex))
    }
}
