import ArgumentParser
import Diagnostics
import Foundation

struct Media: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media",
        abstract: "Look into Apple's disk images, packages, archives and volumes, take files out, convert and verify.",
        discussion: """
            A path leads through what is in each other: through a package, the disk image at its end, that image's volume, an archive
            on it and so on. See docs/media.md.
            """,
        subcommands: [MediaInspect.self, MediaList.self, MediaExtract.self, MediaConvert.self, MediaVerify.self])

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
