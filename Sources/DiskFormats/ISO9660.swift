/// Makes a small ISO 9660 volume with files at its top: a disk that is only read.
///
/// Names in full come twice, by Rock Ridge and by Joliet, because systems prefer one or the other; the names of ISO 9660 itself have eight
/// capital letters. Layout: ECMA-119, RRIP 1.09, SUSP 1.10, and Joliet's specification of 1995. No times: the same files give the same bytes.
package struct ISO9660: Sendable {
    /// Bytes: a sector of every such volume.
    private static let sector = 2048
    /// The first sectors belong to the system that starts from the volume: none does.
    private static let (primary, joliet, terminator) = (16, 17, 18)
    /// Path tables, little-endian and big-endian, of the primary volume and of Joliet, then the two directories.
    private static let (tables, firstDirectory) = (19, 23)
    /// Bytes of a name: Joliet has 64 characters, two of them for the version.
    package static let nameLimit = 62

    private let label: String
    private let files: [(name: String, content: [UInt8])]

    /// - Parameters:
    ///   - label: at most 16 ASCII characters. Small letters are not of the standard, but all systems show them.
    ///   - files: names and contents.
    /// - Throws: `unsupported` for a name that is empty, too long, not printable ASCII or a path, and for more than a sector of names.
    package init(label: String, files: [String: [UInt8]]) throws(FormatError) {
        (self.label, self.files) = (label, files.sorted { $0.key < $1.key }.map { (name: $0.key, content: $0.value) })
        for name in files.keys {
            let isPlain = name.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "/") }
            guard (1...Self.nameLimit).contains(name.utf8.count), isPlain else {
                throw .unsupported("\(name) is not a name of 1 to \(Self.nameLimit) printable characters of ASCII")
            }
        }
        for directory in [Directory.primary, .joliet] where records(directory).count > Self.sector {
            throw .unsupported("it has more files than a directory of 2 KiB holds")
        }
    }

    /// The whole volume.
    package var bytes: [UInt8] {
        var image = [UInt8](repeating: 0, count: Self.primary * Self.sector)
        image += descriptor(.primary)
        image += descriptor(.joliet)
        image += Self.padded([255] + Array("CD001".utf8) + [1])
        for directory in [Directory.primary, .joliet] {
            for isLittle in [true, false] { image += Self.padded(pathTable(directory, isLittle: isLittle)) }
        }
        for directory in [Directory.primary, .joliet] { image += Self.padded(records(directory)) }
        for file in files { image += Self.padded(file.content) }
        return image
    }

    /// The two views of the same files.
    private enum Directory {
        case primary, joliet
        var index: Int { self == .primary ? 0 : 1 }
        var sector: Int { firstDirectory + index }
    }

    private var sectors: Int { Self.firstDirectory + 2 + files.reduce(0) { $0 + Self.sectors($1.content) } }

    /// A file without content has no sector.
    private static func sectors(_ content: [UInt8]) -> Int { (content.count + sector - 1) / sector }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (sector - bytes.count % sector) % sector)
    }

    // MARK: numbers, in both orders (ECMA-119, 7.2 and 7.3)

    private static func little(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func both(_ value: Int, _ width: Int) -> [UInt8] { little(value, width) + little(value, width).reversed() }

    // MARK: volume descriptors (ECMA-119, 8.4 and 8.5)

    private func descriptor(_ directory: Directory) -> [UInt8] {
        func text(_ text: String, _ width: Int) -> [UInt8] {
            let bytes = directory == .joliet ? Self.wide(text) : Array(text.utf8)
            let blank: [UInt8] = directory == .joliet ? [0, 0x20] : [0x20]
            let filler = Array(repeatElement(blank, count: width).joined())
            return Array((bytes + filler).prefix(width))
        }
        var bytes: [UInt8] = [directory == .joliet ? 2 : 1] + Array("CD001".utf8) + [1, 0]
        bytes += text("", 32) + text(label, 32) + [UInt8](repeating: 0, count: 8)
        bytes += Self.both(sectors, 4)
        // Joliet, level 3: the escape sequence for UCS-2 in big-endian order.
        bytes += Array(((directory == .joliet ? Array("%/E".utf8) : []) + [UInt8](repeating: 0, count: 32)).prefix(32))
        bytes += Self.both(1, 2) + Self.both(1, 2) + Self.both(Self.sector, 2)
        bytes += Self.both(pathTable(directory, isLittle: true).count, 4)
        let table = Self.tables + 2 * directory.index
        bytes += Self.little(table, 4) + Self.little(0, 4) + Self.little(table + 1, 4).reversed() + Self.little(0, 4)
        bytes += record(directory, name: [0], sector: directory.sector, size: Self.sector, isDirectory: true, system: [])
        // Volume set, publisher, preparer, application; then the files with copyright, abstract and bibliography.
        bytes += text("", 128) + text("", 128) + text("", 128) + text("", 128) + text("", 37) + text("", 37) + text("", 37)
        // Created, changed, expired, in force: not specified.
        for _ in 0..<4 { bytes += Array("0000000000000000".utf8) + [0] }
        return Self.padded(bytes + [1, 0])
    }

    /// One entry: the root, its own parent (ECMA-119, 9.4).
    private func pathTable(_ directory: Directory, isLittle: Bool) -> [UInt8] {
        let (sector, parent) = (Self.little(directory.sector, 4), Self.little(1, 2))
        return [1, 0] + (isLittle ? sector : sector.reversed()) + (isLittle ? parent : parent.reversed()) + [0, 0]
    }

    // MARK: directories (ECMA-119, 9.1)

    private func records(_ directory: Directory) -> [UInt8] {
        let isPlain = directory == .primary
        var bytes: [UInt8] = []
        for name in [UInt8(0), 1] {
            let system = isPlain ? (name == 0 ? Self.sharing : []) + Self.posix(mode: 0o040755, links: 2) : []
            bytes += record(directory, name: [name], sector: directory.sector, size: Self.sector, isDirectory: true, system: system)
        }
        var entries: [(name: [UInt8], record: [UInt8])] = []
        var sector = Self.firstDirectory + 2
        var taken: Set<String> = []
        for file in files {
            let name = isPlain ? Array((Self.shortName(file.name, &taken) + ";1").utf8) : Self.wide(file.name + ";1")
            let system = isPlain ? Self.posix(mode: 0o100444, links: 1) + Self.name(file.name) : []
            entries.append(
                (name, record(directory, name: name, sector: sector, size: file.content.count, isDirectory: false, system: system)))
            sector += Self.sectors(file.content)
        }
        for entry in entries.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) { bytes += entry.record }
        return bytes
    }

    private func record(_ directory: Directory, name: [UInt8], sector: Int, size: Int, isDirectory: Bool, system: [UInt8]) -> [UInt8] {
        var bytes = Self.both(sector, 4) + Self.both(size, 4)
        // 1980-01-01, as in the other images: years since 1900, month, day, then hour, minute, second and zone.
        bytes += [80, 1, 1, 0, 0, 0, 0] + [isDirectory ? 2 : 0, 0, 0] + Self.both(1, 2) + [UInt8(truncatingIfNeeded: name.count)] + name
        // The record has an even length, and so has what comes before the system's part.
        if name.count.isMultiple(of: 2) { bytes.append(0) }
        bytes += system
        if !bytes.count.isMultiple(of: 2) { bytes.append(0) }
        return [UInt8(truncatingIfNeeded: bytes.count + 2), 0] + bytes
    }

    /// Eight capital letters and digits, one name for one file.
    private static func shortName(_ name: String, _ taken: inout Set<String>) -> String {
        let letters = name.utf8.map { byte -> UInt8 in
            let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
            let isPlain = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(upper) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(upper)
            return isPlain ? upper : UInt8(ascii: "_")
        }
        var (short, number) = (String(decoding: letters.prefix(8), as: UTF8.self) + ".", 0)
        while !taken.insert(short).inserted {
            number += 1
            short = String(decoding: letters.prefix(5), as: UTF8.self) + String(number) + "."
        }
        return short
    }

    private static func wide(_ text: String) -> [UInt8] { text.utf8.flatMap { [0, $0] } }

    // MARK: the system use entries of Rock Ridge

    /// SP, which says that there are such entries (SUSP 5.3), and ER, which says whose they are (SUSP 5.5).
    private static let sharing: [UInt8] = {
        let identifier = Array("RRIP_1991A".utf8)
        return Array("SP".utf8) + [7, 1, 0xbe, 0xef, 0] + Array("ER".utf8)
            + [UInt8(8 + identifier.count), 1, UInt8(identifier.count), 0, 0, 1] + identifier
    }()

    /// PX: type and permissions, links, owner, group (RRIP 4.1.1).
    private static func posix(mode: Int, links: Int) -> [UInt8] {
        Array("PX".utf8) + [36, 1] + both(mode, 4) + both(links, 4) + both(0, 4) + both(0, 4)
    }

    /// NM: the name in full (RRIP 4.1.4).
    private static func name(_ name: String) -> [UInt8] {
        Array("NM".utf8) + [UInt8(truncatingIfNeeded: 5 + name.utf8.count), 1, 0] + name.utf8
    }
}
