package import Diagnostics
import DiskFormats
import HostSupport
package import SystemPackage

/// The partition table of a disk image: GPT, or MBR for older firmware. Written by sfdisk.
package struct DiskLayout: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// With the disk's GUID.
        case gpt(String)
        /// With the disk signature, four bytes at offset 440.
        case mbr(UInt32)

        var isGPT: Bool { if case .gpt = self { true } else { false } }
    }

    package struct Partition: Equatable, Sendable {
        /// In sectors of 512 bytes, from the start of the disk.
        package var start: Int
        package var sectors: Int
        /// A GUID for GPT, two hexadecimal digits for MBR.
        package var type: String
        /// GPT only: the partition's own GUID.
        package var uuid: String?
        /// GPT only, at most 36 characters.
        package var name: String?
        /// MBR only: the flag 0x80.
        package var active = false

        package init(start: Int, sectors: Int, type: String, uuid: String? = nil, name: String? = nil, active: Bool = false) {
            (self.start, self.sectors, self.type) = (start, sectors, type)
            (self.uuid, self.name, self.active) = (uuid, name, active)
        }

        /// In bytes from the start of the disk.
        package var offset: Int { start * DiskLayout.sector }
    }

    /// Bytes.
    package static let sector = 512
    /// UEFI Specification 2.10, table 5.7; also what GRUB and the Linux file systems use.
    package static let efiSystem = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
    /// GRUB's core image, where there is no gap between MBR and first partition.
    package static let biosBoot = "21686148-6449-6E6F-744E-656564454649"
    /// Discoverable Partitions Specification: root partition, x86-64.
    package static let linuxRoot = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"

    /// Linux file system data, also for FAT.
    package static let linuxData = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"

    package var kind: Kind
    package var partitions: [Partition]

    package init(_ kind: Kind, _ partitions: [Partition]) {
        self.kind = kind
        self.partitions = partitions
    }

    /// Sectors behind the last partition: GPT keeps its second copy in the last 33 of the disk.
    package static let trailer = 33

    /// The least size of a disk with this table, in sectors: up to the next whole MiB.
    package var diskSectors: Int {
        let end = (partitions.map { $0.start + $0.sectors }.max() ?? 34) + (kind.isGPT ? Self.trailer : 0)
        return (end + 2047) / 2048 * 2048
    }

    /// sfdisk(8), "INPUT FORMATS", named fields.
    var script: String {
        var lines: [String]
        switch kind {
        case .gpt(let uuid): lines = ["label: gpt", "label-id: \(uuid)", "first-lba: 34"]
        case .mbr(let signature): lines = ["label: dos", "label-id: 0x" + String(signature, radix: 16)]
        }
        lines += ["unit: sectors", "sector-size: \(Self.sector)"]
        for partition in partitions {
            var fields = ["start=\(partition.start)", "size=\(partition.sectors)", "type=\(partition.type)"]
            if let uuid = partition.uuid { fields.append("uuid=\(uuid)") }
            if let name = partition.name { fields.append("name=\"\(name)\"") }
            if partition.active { fields.append("bootable") }
            lines.append(fields.joined(separator: ", "))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes the table into an image that has its size already.
    /// - Throws: `software` when sfdisk refuses it.
    package func write(to image: FilePath) async throws(OperationError) {
        try await Tool("sfdisk", from: "fdisk").run(
            ["--quiet", "--no-reread", "--no-tell-kernel", "--wipe", "never", image.string], input: script)
    }
}
