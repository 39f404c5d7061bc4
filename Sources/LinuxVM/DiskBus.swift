import QemuArgs

/// The controller that the Linux VM's own disk and macOS's disk are attached to.
package enum DiskBus: String, CaseIterable, Codable, Sendable {
    case virtioSCSI = "virtio-scsi"
    case ahci, nvme

    /// Nothing for AHCI: q35 has one built in.
    func controllers() -> [QemuArgument] {
        switch self {
        case .virtioSCSI: [.device(.virtioSCSI, OptionString().with("id", "scsi"))]
        case .ahci, .nvme: []
        }
    }

    /// The disk with the drive `name` at `slot`, counted from 0.
    ///
    /// Linux probes disks in parallel and may name them in any order, so the serial number, which is the drive's name, identifies them.
    func device(_ name: String, slot: Int, bootIndex: Int?) -> QemuArgument {
        let (device, place): (QemuDevice, OptionString) =
            switch self {
            case .virtioSCSI: (.scsiDisk, OptionString().with("bus", "scsi.0").with("scsi-id", slot).with("lun", 0))
            case .ahci: (.ideDisk, OptionString().with("bus", "ide.\(slot)"))
            case .nvme: (.nvme, OptionString())
            }
        return .device(
            device, place.with("id", name).with("drive", name + "-drive").with("serial", name).with("bootindex", bootIndex))
    }
}
