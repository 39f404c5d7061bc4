package import Diagnostics
import Glibc
package import HostSupport
package import SystemPackage

extension Downloader {
    /// Fetches a file, or what is missing of it when a part exists.
    /// - Throws: `unavailable`; `dataError` when the server has something else; `cantCreate`, `interrupted`.
    package func fetch(_ download: Download, to path: FilePath, progress: StepProgress) async throws(OperationError) {
        var present = stat()
        let allocated = stat(path.string, &present) == 0 ? Int(present.st_blocks) * 512 : 0
        try FreeSpace.require(max(download.size - allocated, 0), in: Destination.directory(of: path))
        switch download.content {
        case .pieces(let list) where list.size != download.size:
            throw OperationError(
                "download", download.url.printable,
                cause: "the list of its pieces is for \(list.size) bytes, and \(download.size) were announced", exit: .dataError)
        case .pieces(let list): try await fetchPieces(download, list, to: path, progress)
        case .sha256, .unknown: try await fetchInOrder(download, to: path, progress)
        }
    }

    /// From the first byte to the last, over one connection.
    func fetchInOrder(_ download: Download, to path: FilePath, _ progress: StepProgress) async throws(OperationError) {
        let file = try PartialFile(path, at: 0)
        if file.size > download.size { try file.setSize(0) }
        let rate = TransferRate(total: download.size, done: file.size)
        var hasRestarted = false
        try await repeating(download.url) { () throws(OperationError) in
            let present = file.size
            if present == download.size { return (nil, true) }
            file.seek(to: present)
            let range = present == 0 ? nil : present..<download.size
            let problem = try await watched(download, range, file.descriptor, path, at: present) { bytes in
                rate.set(bytes, of: 0)
                progress.note(rate.text())
            }
            rate.finish(0, file.size - present)
            switch problem {
            case .rangesIgnored, .pastEnd, .changed, .tooLong:
                // What is here is not the start of what the server has now.
                try file.setSize(0)
                rate.finish(0, -present)
                guard !hasRestarted, range != nil else { return (problem, false) }
                hasRestarted = true
                return (.transient("the server has another file than before"), true)
            case nil where file.size < download.size:
                return (.transient("the server sent \(file.size) of \(download.size) bytes"), file.size > present)
            default: return (problem, file.size > present)
            }
        }
    }
}
