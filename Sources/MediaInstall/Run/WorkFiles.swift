import Diagnostics
import Glibc
import SystemPackage

/// The names in a work directory.
struct WorkFiles: Sendable {
    let directory: FilePath

    static let transcript = "transcript"
    /// What an installation leaves: the files below, their drafts, and those that the OpenCore disk comes with.
    private static let prefixes = ["disk.", "variables.", "script.", "opencore.", "qemu.", "serial.", "state.", "manifest.", "."]

    static func isOurs(_ name: String) -> Bool { name == transcript || prefixes.contains { name.hasPrefix($0) } }

    init(_ directory: FilePath) { self.directory = directory }

    /// macOS's disk, a raw image.
    var disk: FilePath { directory.appending("disk.img") }
    /// The guest's UEFI variables.
    var variables: FilePath { directory.appending("variables.fd") }
    var scriptDisk: FilePath { directory.appending("script.img") }
    var openCore: FilePath { directory.appending("opencore.img") }
    var log: FilePath { directory.appending("qemu.log") }
    /// What the guest writes to its serial port, since QEMU was started last.
    var serial: FilePath { directory.appending("serial.log") }

    /// In place of an earlier one: the mailbox is empty.
    func write(_ disk: ScriptDisk) async throws(OperationError) {
        unlink(scriptDisk.string)
        try await disk.write(to: scriptDisk)
    }
}
