import ArgumentParser
import BootSettings
import Diagnostics
import Glibc
import LinuxSupport
import QMP
import SystemPackage

struct Screenshot: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Save the guest's screen as a PNG file.", discussion: "With or without supervision. QEMU 7.1 or newer.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The file to write.") var file: String

    /// A PNG of a screen of 8K without any compression.
    private static let limit = 128 << 20

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let control = try options.controlSocket()
            // QEMU writes it as its own user, where it can write: beside its sockets.
            let temporary = "\(control.directory)/screenshot-\(getpid()).png"
            defer { unlink(temporary) }
            try control.execute(.screendump(to: temporary))
            try StateFile.write(file, try Self.read(temporary), mode: 0o644)
        }
    }

    /// The directory is QEMU's: what is there may be a link or a device by now.
    static func read(_ path: String) throws(OperationError) -> [UInt8] {
        do {
            let picture = try OwnedDescriptor(opening: FilePath(path), .readOnly, options: [.noFollow, .nonBlocking])
            var status = stat()
            guard fstat(picture.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
                throw Errno.invalidArgument
            }
            var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
            let count = try bytes.withUnsafeMutableBytes { try picture.descriptor.read(fromAbsoluteOffset: 0, into: $0) }
            return Array(bytes[..<count])
        } catch {
            throw OperationError("read", path, cause: (error as? Errno)?.description ?? "\(error)", exit: .osError)
        }
    }
}
