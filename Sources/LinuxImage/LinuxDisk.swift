import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
import LinuxSupport
import SystemPackage

/// linux.img: a GPT with GRUB for BIOS, the EFI system partition, the root, and a partition for the guest's UEFI variables.
struct LinuxDisk {
    let tree: PackageTree
    let kernel: KernelPackage
    let initrd: FilePath
    let rootImage: FilePath
    let recipe: LinuxRecipe

    /// The root's SHA-256, which distinguishes this image from others and is part of its partition names.
    let digest: String

    private var identifier: String { String(digest.prefix(8)) }

    /// Not `root=`: `boot` would take any disk with a partition of this name for Linux's own.
    var commandLine: String { LinuxCommandLine.words(recipe, more: ["macosvirt.root=macos-virt-root-\(identifier):\(digest)"]) }

    func write(to image: FilePath, scratch: FilePath) async throws(OperationError) {
        let loader = BootLoader(commandLine: commandLine)
        let (uefi, bios) = try await loader.images(tree, scratch: scratch)
        let files = try DirectoryTree(creating: scratch.appending("esp"), merged: false)
        try files.copy(uefi, to: "/EFI/BOOT/BOOTX64.EFI")
        try files.copy(try kernel.image(), to: "/macos-virt/vmlinuz")
        try files.copy(initrd, to: "/macos-virt/initrd")
        try files.file("/" + BootLoader.configurationPath, loader.configuration)

        let table = try layout(filesBytes: files.bytes())
        let disk = try RawImage(creating: image, size: table.diskSectors * DiskLayout.sector)
        try await table.write(to: image)
        try write(bios, to: disk, table.partitions[0])
        let system = FATVolume(
            image: image, offset: table.partitions[1].offset, sectors: table.partitions[1].sectors, bits: .fat16, label: "MACOS-VIRT",
            serial: serial(at: 8))
        try await system.format()
        try await files.resetTimestamps()
        try await system.fill(from: files.root)
        try disk.copy(rootImage, at: table.partitions[2].offset)
        let state = FATVolume(
            image: image, offset: table.partitions[3].offset, sectors: table.partitions[3].sectors, bits: .fat12, label: "STATE",
            serial: serial(at: 16))
        try await state.format()
    }

    /// Partitions begin at whole MiB, as usual.
    private func layout(filesBytes: Int) throws(OperationError) -> DiskLayout {
        let mebibyte = 1 << 20
        let size = try RootImage.size(rootImage)
        // FAT16 with clusters of 512 bytes: its tables take less than 2 %, and it needs at least 4085 clusters.
        let system = max(4, (filesBytes + filesBytes / 32) / mebibyte + 1) * mebibyte / 512
        let root = size / 512
        // OVMF's variables take 528 KiB, and a new copy is written beside the old one.
        let state = 2 * mebibyte / 512
        return DiskLayout(
            .gpt(uuid(0)),
            [
                .init(start: 64, sectors: 2048 - 64, type: DiskLayout.biosBoot, uuid: uuid(1), name: "macos-virt-grub"),
                .init(start: 2048, sectors: system, type: DiskLayout.efiSystem, uuid: uuid(2), name: "macos-virt-efi"),
                .init(
                    start: 2048 + system, sectors: root, type: DiskLayout.linuxRoot, uuid: uuid(3),
                    name: "macos-virt-root-\(identifier)"),
                .init(
                    start: 2048 + system + root, sectors: state, type: DiskLayout.linuxData, uuid: uuid(4),
                    name: "macos-virt-state-\(identifier)"),
            ])
    }

    private func write(_ core: FilePath, to disk: RawImage, _ partition: DiskLayout.Partition) throws(OperationError) {
        let sector = UInt64(partition.start)
        try disk.write(try GrubCore.core(try Self.bytes(core), at: sector, room: partition.sectors), at: partition.offset)
        try disk.write(try GrubCore.bootSector(try Self.bytes(try tree.file("/usr/lib/grub/i386-pc/boot.img")), coreAt: sector), at: 0)
    }

    /// Version 8: derived from the contents of the disk.
    private func uuid(_ number: Int) -> String {
        let hex = digest.prefix(29)
        // Version and variant go between the digits, not over them.
        let digits = "\(hex.prefix(12))8\(hex.dropFirst(12).prefix(3))8\(hex.dropFirst(15))\(number)"
        return GUID(digits)?.text ?? GUID(version8: digits.utf8).text
    }

    private func serial(at offset: Int) -> UInt32 { UInt32(digest.dropFirst(offset).prefix(8), radix: 16) ?? 1 }

    private static func bytes(_ path: FilePath) throws(OperationError) -> [UInt8] { Array(try InputFile.read(path)) }
}
