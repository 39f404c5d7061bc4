import ArgumentParser
import BootSettings
import Diagnostics
import Glibc

struct DiskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk", abstract: "Attach a disk to a running guest, as one on its USB controller, and detach it.",
        discussion: "With or without supervision. The disk is attached until it is detached or QEMU ends.",
        subcommands: [DiskList.self, DiskAttach.self, DiskDetach.self])
}

struct DiskList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the disks that were attached.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            for disk in try LiveDisks(control: try options.controlSocket()).list() {
                try Output.print("\(disk.id)  \(disk.file)\(disk.isReadOnly ? "  read-only" : "")".printable)
            }
        }
    }
}

struct DiskAttach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Attach a disk image or a block device, and print its id.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The image or the device.") var file: String
    @Flag(help: "The guest cannot write to it.") var readOnly = false
    @Option(help: "raw or qcow2; needed for a file that begins as a qcow2 image does.") var format: String?
    @Option(help: "The name of its device in QEMU, by which it is detached; disk1, disk2 and so on by default.") var id: String?

    func validate() throws {
        if let format, !["raw", "qcow2"].contains(format) { throw ValidationError("--format takes raw or qcow2.") }
        if let id, !Self.isName(id) { throw ValidationError("--id takes up to 20 letters, digits and dashes, a letter first.") }
    }

    /// What QEMU takes as the id of a device, and not longer than the name of a block node can be with ours around it.
    private static func isName(_ id: String) -> Bool {
        guard let first = id.utf8.first, (0x61...0x7a).contains(first | 0x20), id.utf8.count <= 20 else { return false }
        return id.utf8.allSatisfy { (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            guard let resolved = realpath(file, nil) else {
                throw OperationError("open", file, cause: String(cString: strerror(errno)), exit: .noInput)
            }
            defer { free(resolved) }
            let disks = LiveDisks(control: try options.controlSocket())
            try Output.print(try disks.attach(String(cString: resolved), id: id, format: format, isReadOnly: readOnly))
        }
    }
}

struct DiskDetach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach", abstract: "Detach a disk. Eject it in the guest before: what the guest has not written is lost.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The id that boot disk attach has printed.") var id: String

    func run() throws {
        try Report.errors { () throws(OperationError) in try LiveDisks(control: try options.controlSocket()).detach(id) }
    }
}
