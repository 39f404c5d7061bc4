package import Diagnostics
package import DiskFormats
import DiskImage
import HFSPlus
import HostSupport
package import SystemPackage

/// The disk that the recovery gets beside the installer: the HFS+ volume P with the script, and the mailbox.
///
/// One disk, so that the script finds the mailbox by the volume that it was started from, whatever macOS calls the disk.
package struct ScriptDisk: Sendable {
    /// What the script has to know.
    package struct Settings: Equatable, Sendable {
        /// Bytes of macOS's disk.
        package var size: Int
        /// Its serial number.
        package var serial: String
        /// The name that the volume gets.
        package var volume: String
        /// Seconds from one look at startosinstall to the next, and until the script reports that there is nothing new.
        package var beat = 2
        package var patience = 30

        package init(size: Int, serial: String, volume: String) { (self.size, self.serial, self.volume) = (size, serial, volume) }

        /// Assignments of the shell. Words of a few characters, which the caller has checked.
        fileprivate func text(package: String?) -> String {
            """
            bytes=\(size)
            serial='\(serial)'
            name='\(volume)'
            package='\(package ?? "")'
            beat=\(beat)
            patience=\(patience)

            """
        }
    }

    /// The volume's name: short to type.
    package static let volumeName = "P"
    /// How the package is called there.
    package static let packageName = "setup.pkg"
    private static let start = 1 << 20

    /// Linux's reserved partition (Discoverable Partitions Specification): macOS has no file system for it.
    private static let mailboxType = "8DA63339-0007-60C0-C436-083AC8230908"
    private static let hfsPlusType = "48465300-0000-11AA-AA11-00306543ECAC"

    private let layout: VolumeLayout

    /// - Parameter package: a distribution package for startosinstall's --installpackage.
    /// - Throws: `usage` for a name that the shell or HFS+ would misread.
    package init(_ settings: Settings, package: (any ByteSource)? = nil) throws(OperationError) {
        guard Self.isPlain(settings.volume), Self.isPlain(settings.serial) else {
            throw OperationError(
                "use", "the volume name \(settings.volume.printable)",
                cause: "it has other characters than letters, digits, blanks and dashes",
                remedy: "choose another one", exit: .usage)
        }
        do throws(FormatError) {
            var contents = VolumeContents()
            try contents.addFile("r", .program, content: MemorySource(PackageResources.r_sh))
            let text = settings.text(package: package.map { _ in Self.packageName })
            try contents.addFile("settings", content: MemorySource(Array(text.utf8)))
            if let package { try contents.addFile(Self.packageName, content: package) }
            layout = try VolumeLayout(
                contents, name: Self.volumeName, identifier: 0x6d61_6376_6972_7450, created: Reproducible.epoch, spare: 4 << 20)
        } catch {
            throw error.operationError("make", "the script's disk")
        }
    }

    /// Letters, digits, blanks, dashes and underscores of ASCII: nothing that ends a word in quotes.
    package static func isPlain(_ text: String) -> Bool {
        let others: Set<Character> = [" ", "-", "_"]
        return (1...64).contains(text.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || others.contains($0)) }
    }

    /// Where the mailbox is in the image, in bytes.
    package var mailboxOffset: Int { Self.start + layout.size }

    private var table: DiskLayout {
        let sector = DiskLayout.sector
        return DiskLayout(
            .gpt("6D616376-6972-8450-8000-000000000001"),
            [
                DiskLayout.Partition(
                    start: Self.start / sector, sectors: layout.size / sector, type: Self.hfsPlusType,
                    uuid: "6D616376-6972-8450-8000-000000000002", name: Self.volumeName),
                DiskLayout.Partition(
                    start: mailboxOffset / sector, sectors: Mailbox.size / sector, type: Self.mailboxType,
                    uuid: "6D616376-6972-8450-8000-000000000003", name: "mailbox"),
            ])
    }

    /// Bytes of the image.
    package var size: Int { table.diskSectors * DiskLayout.sector }

    /// - Parameter path: of a file that does not exist.
    /// - Throws: `cantCreate`, `software`.
    package func write(to path: FilePath) async throws(OperationError) {
        do throws(FormatError) {
            let sink = try FileSink(opening: path, size: size, options: [.create, .exclusiveCreate])
            try layout.write(to: SinkRange(of: sink, from: Self.start))
        } catch {
            throw error.operationError("write", path.string)
        }
        try await table.write(to: path)
    }
}
