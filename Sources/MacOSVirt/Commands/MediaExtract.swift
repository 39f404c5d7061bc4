import AppleMedia
import ArgumentParser
import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
import MediaCodecs
import SystemPackage

struct MediaExtract: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "extract", abstract: "Take one file out, through all that it is in.")

    @Argument(help: "A disk image, a package, an archive or a disk.") var file: String
    @Argument(help: "The path of the file in it.") var path: String
    @Option(name: .shortAndLong, help: "The file to write; - for standard output. The default is the file's name.") var output: String?

    func run() async throws {
        let tree = MediaTree(try FileSource.input(FilePath(absolute: file)))
        let name = path.split(separator: "/").last.map { String($0) } ?? "file"
        let content: MediaTree.Content
        do throws(FormatError) {
            content = try tree.content(path)
        } catch {
            throw error.operationError("extract", path)
        }
        let stream: any ByteStream
        switch content {
        case .source(let source): stream = SourceStream(source)
        case .stream(let found): stream = found
        case .link(let target):
            throw OperationError(
                "extract", path, cause: "it is a symbolic link to \(target.printable)", remedy: "name the file that it leads to",
                exit: .noInput)
        case .directory:
            throw OperationError(
                "extract", path, cause: "it is a directory", remedy: "name a file in it: macos-virt media list", exit: .noInput)
        }
        if output == "-" {
            try Self.copy(stream, path) { (part) throws(OperationError) in
                do {
                    try FileHandle.standardOutput.write(contentsOf: Data(part))
                } catch {
                    throw OperationError("write", "standard output", cause: error.localizedDescription, exit: .cantCreate)
                }
            }
            return
        }
        let destination = FilePath(absolute: output ?? name)
        try Destination.check(destination)
        try await Draft.with(in: Destination.directory(of: destination)) { (draft) throws(OperationError) in
            let sink: FileSink
            do throws(FormatError) {
                sink = try FileSink(opening: draft.path("file"), size: 0, options: [.create, .exclusiveCreate])
                if case .source(let source) = content {
                    try sink.setSize(source.size)
                    try sink.copy(source, from: 0, count: source.size, at: 0)
                }
            } catch {
                throw error.operationError("extract", path)
            }
            if case .stream = content {
                var offset = 0
                try Self.copy(stream, path) { (part) throws(OperationError) in
                    do throws(FormatError) { try sink.write(part, at: offset) } catch {
                        throw error.operationError("write", destination.string)
                    }
                    offset += part.count
                }
                do throws(FormatError) { try sink.setSize(offset) } catch { throw error.operationError("write", destination.string) }
            }
            try draft.publish("file", as: destination)
        }
    }

    private static func copy(
        _ stream: any ByteStream, _ path: String, _ body: (UnsafeRawBufferPointer) throws(OperationError) -> Void
    ) throws(OperationError) {
        var failure: OperationError?
        do throws(FormatError) {
            try stream.forEach { (part) throws(FormatError) in
                if Task.isCancelled { throw .interrupted }
                do throws(OperationError) {
                    try body(part)
                } catch {
                    failure = error
                    throw .writing(.ioError)
                }
            }
        } catch {
            throw failure ?? error.operationError("extract", path)
        }
    }
}
