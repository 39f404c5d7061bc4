import AppleMedia
import ArgumentParser
import Diagnostics
import DiskFormats
import DiskImage
import HostSupport
import SystemPackage

struct MediaConvert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Write the disk of a UDIF disk image as a raw image, and verify its checksums.",
        discussion: "Blocks of zeros become holes. Nothing is left when a checksum differs.")

    @Argument(help: "A UDIF disk image (.dmg), or a package that ends with one.") var image: String
    @Argument(help: "The raw image to write.") var output: String
    @Flag(name: .shortAndLong, help: "Hide progress.") var quiet = false

    func run() async throws {
        let (source, destination) = (FilePath(absolute: image), FilePath(absolute: output))
        try Destination.check(destination)
        let file = try FileSource.input(source)
        let progress = StepProgress(steps: 1, quiet: quiet)
        let disk: UDIFImage
        do throws(FormatError) { disk = try UDIFImage(file) } catch { throw error.operationError("convert", source.string) }
        try await Draft.with(in: Destination.directory(of: destination)) { (draft) throws(OperationError) in
            try await progress.step("decode \(disk.size / 1_000_000) MB") { () throws(OperationError) in
                do throws(FormatError) {
                    let sink = try FileSink(opening: draft.path("disk"), size: disk.size, options: [.create, .exclusiveCreate])
                    _ = try await UDIFDecoder(disk, workers: Media.workers).decodeVerified(to: sink) { done in
                        progress.note("\(done / 1_000_000) of \(disk.size / 1_000_000) MB")
                    }
                } catch {
                    throw error.operationError("convert", source.string)
                }
            }
            try draft.publish("disk", as: destination)
        }
    }
}
