import AppleMedia
import ArgumentParser
import Diagnostics
import DiskFormats
import DiskImage
import HostSupport
import SystemPackage

struct MediaVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compare a file with its own checksums, and check its HFS+ volumes as fsck_hfs does.",
        discussion: "A package's signature is not looked at here: mkinstaller verifies who signed it.")

    @Argument(help: "A disk image, a package, an archive or a disk.") var file: String

    func run() async throws {
        let path = FilePath(absolute: file)
        let source = try FileSource.input(path)
        do throws(FormatError) {
            try await MediaVerifier(source, workers: Media.workers).verify { line in try? Media.print(line.printable) }
        } catch {
            throw error.operationError("verify", path.string)
        }
    }
}
