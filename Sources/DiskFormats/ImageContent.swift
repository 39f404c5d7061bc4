/// What the first bytes of an image file say that it is.
package enum ImageContent: Equatable, Sendable {
    /// Sectors as they are, with a boot sector or a partition table.
    case raw
    /// Sectors as they are, the first of them without the signature of a boot sector.
    case unbootable
    case qcow2(QCOW2Header)
    /// Of a format that has to be unpacked or converted first: its name, and the command.
    case foreign(name: String, remedy: String)

    /// Bytes to read from the start.
    package static let headSize = 1024

    /// - Parameter head: the first `headSize` bytes, or all of a smaller file.
    package init(_ head: [UInt8]) {
        if let header = QCOW2Header(head) {
            self = .qcow2(header)
        } else if let format = Self.formats.first(where: { head.starts(with: $0.magic) }) {
            self = .foreign(name: format.name, remedy: format.remedy)
        } else {
            let isSigned = head.count >= 512 && head[510] == 0x55 && head[511] == 0xaa
            self = isSigned || head.has("EFI PART", at: 512) ? .raw : .unbootable
        }
    }

    /// The name of a format that is not raw, for `boot probe`; nil for `raw`.
    package var name: String? {
        switch self {
        case .raw: nil
        case .unbootable: "unbootable"
        case .qcow2: "qcow2"
        case .foreign(let name, _): name
        }
    }

    /// Why QEMU cannot have it as a disk, and what to do; nil when it can.
    ///
    /// A sector without a signature is no reason: a blank disk has none either.
    package var objection: (cause: String, remedy: String)? {
        switch self {
        case .raw, .unbootable: nil
        case .foreign(let name, let remedy):
            ("it is \(name.hasPrefix("xz") || name.hasPrefix("xar") ? "an" : "a") \(name), not a raw or qcow2 image", remedy)
        case .qcow2(let header):
            if !header.isPlausible {
                ("its qcow2 header is damaged", "copy or make the image again")
            } else if header.hasBackingFile || header.hasDataFile {
                // It could name any file of this machine, which the guest would then read.
                (
                    "parts of it are in another file, its \(header.hasBackingFile ? "backing" : "data") file",
                    "merge them, if the image is yours: qemu-img convert -O qcow2 IMAGE WHOLE"
                )
            } else {
                nil
            }
        }
    }

    private static let convert = "convert it: qemu-img convert -O raw IMAGE RAW"
    private static let formats: [(magic: [UInt8], name: String, remedy: String)] = [
        ([0x1f, 0x8b], "gzip archive", "unpack it with gunzip"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz archive", "unpack it with unxz"),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstd archive", "unpack it with unzstd"),
        (Array("BZh".utf8), "bzip2 archive", "unpack it with bunzip2"),
        (Array("PK\u{3}\u{4}".utf8), "ZIP archive", "unpack it with unzip"),
        ([0x37, 0x7a, 0xbc, 0xaf], "7-Zip archive", "unpack it with 7z x"),
        (Array("KDMV".utf8), "VMDK image", convert), (Array("COWD".utf8), "VMDK image", convert),
        (Array("# Disk DescriptorFile".utf8), "VMDK descriptor", convert),
        (Array("vhdxfile".utf8), "VHDX image", convert), (Array("conectix".utf8), "VHD image", convert),
        (Array("<<< ".utf8), "VDI image", convert), (Array("xar!".utf8), "xar archive", "extract the disk image in it: 7z x"),
    ]
}
