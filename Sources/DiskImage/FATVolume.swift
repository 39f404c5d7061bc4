import Foundation
public import HostSupport
public import SystemPackage

/// A FAT file system inside an image, made by dosfstools and filled by mtools: no root, no loop device.
public struct FATVolume: Equatable, Sendable {
    public enum Bits: Int, Sendable { case fat12 = 12, fat16 = 16, fat32 = 32 }

    public var image: FilePath
    /// In bytes, a multiple of 512.
    public var offset: Int
    public var sectors: Int
    public var bits: Bits
    /// At most 11 upper-case characters.
    public var label: String
    /// The volume's serial number.
    public var serial: UInt32

    public init(image: FilePath, offset: Int, sectors: Int, bits: Bits, label: String, serial: UInt32) {
        (self.image, self.offset, self.sectors) = (image, offset, sectors)
        (self.bits, self.label, self.serial) = (bits, label, serial)
    }

    /// mkfs.fat; what was there is lost.
    /// - Throws: `software` when the size does not fit the kind.
    public func format() async throws(HostError) {
        try await Tool("mkfs.fat", from: "dosfstools").run([
            // First, since it sets a serial number too.
            "--invariant", "-F", String(bits.rawValue), "-s", "1", "-n", label, "-i", String(serial, radix: 16),
            "-h", String(offset / PartitionTable.sector), "--offset", String(offset / PartitionTable.sector),
            // In blocks of 1024 bytes.
            image.string, String(sectors / 2),
        ])
    }

    /// Copies what is in a directory, in the order of the names, so that the same tree gives the same bytes.
    /// - Throws: `cantCreate` when it does not fit; `software`.
    public func fill(from directory: FilePath) async throws(HostError) {
        var (folders, files): ([String], [String]) = ([], [])
        guard let paths = FileManager.default.enumerator(atPath: directory.string) else {
            throw HostError("read", directory.string, cause: "it is not a directory", exit: .noInput)
        }
        while let path = paths.nextObject() as? String {
            if paths.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { folders.append(path) } else { files.append(path) }
        }
        // A parent's name is shorter than its children's and sorts before them.
        for folder in folders.sorted() { try await mtools("mmd", ["::" + folder]) }
        for file in files.sorted() { try await mtools("mcopy", [directory.appending(file).string, "::" + file]) }
    }

    private func mtools(_ name: String, _ arguments: [String]) async throws(HostError) {
        // MTOOLS_SKIP_CHECK: mtools' own idea of a sane disk geometry is older than these disks.
        try await Tool(name, from: "mtools").run(
            ["-i", "\(image.string)@@\(offset)"] + arguments, environment: ["MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null"])
    }
}
