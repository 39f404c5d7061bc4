import AppleMedia
import ArgumentParser
import Diagnostics
import DiskFormats
import DiskImage
import HostSupport
import SystemPackage

struct MediaList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List what is in a file: mode, size and path.")

    @Argument(help: "A disk image, a package, an archive or a disk.") var file: String
    @Argument(help: "The path of a container in it; else the file itself.") var path = ""

    func run() async throws {
        let tree = MediaTree(try FileSource.input(FilePath(absolute: file)))
        do throws(FormatError) {
            try tree.forEach(in: path) { (item) throws(FormatError) in
                let mode = item.mode.map { String($0, radix: 8) } ?? "-"
                let size = item.kind == .directory ? "-" : item.size.map { "\($0)" } ?? "-"
                let line =
                    "\(mode.padded(5)) \(size.padded(12)) \(item.path.printable)\(item.kind == .directory ? "/" : item.kind == .link ? "@" : "")"
                do throws(OperationError) { try Media.print(line) } catch { throw FormatError.writing(.brokenPipe) }
            }
        } catch {
            throw error.operationError("list", file)
        }
    }
}

extension String {
    /// With blanks before it, up to `width` characters.
    fileprivate func padded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
