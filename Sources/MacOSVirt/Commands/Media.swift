import ArgumentParser
import Diagnostics
import DiskFormats
import Foundation
import HostSupport
import LinuxSupport
import SystemPackage

struct Media: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media",
        abstract: "Look into Apple's disk images, packages, archives and volumes, take files out, convert and verify.",
        discussion: """
            A path leads through what is in each other: through a package, the disk image at its end, that image's volume, an archive
            on it and so on. See docs/media.md.
            """,
        subcommands: [MediaInspect.self, MediaList.self, MediaExtract.self, MediaConvert.self, MediaVerify.self])

    /// A file or a disk, opened once.
    static func open(_ path: FilePath) throws(OperationError) -> FileSource {
        let descriptor = try InputFile.descriptor(path, allowsBlockDevice: true)
        do throws(FormatError) {
            return try FileSource(OwnedDescriptor(adopting: descriptor))
        } catch {
            throw error.operationError("read", path.string)
        }
    }

    /// Threads that decode: one a core.
    static var workers: Int { ProcessInfo.processInfo.activeProcessorCount }

    static func print(_ line: String) throws(OperationError) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            throw OperationError("write", "standard output", cause: error.localizedDescription, exit: .cantCreate)
        }
    }
}
