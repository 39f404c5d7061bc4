package import Diagnostics
import Foundation
import Glibc
package import HostSupport
package import SystemPackage

/// A release as its project distributes it: a ZIP, or the directory that one was unpacked into.
package struct Archive: Equatable, Sendable {
    package static let tool = Tool("unzip", from: "unzip")
    /// Bytes and files that a ZIP may unpack to: a hundred times what OpenCore's does.
    private static let (sizeLimit, countLimit) = (1 << 30, 20_000)

    package let path: FilePath

    package init(_ path: FilePath) { self.path = path }

    /// The directory with the contents: the path itself, or `scratch`, where the ZIP is unpacked.
    /// - Throws: `noInput`; `dataError` when it is damaged or unpacks to more than the limits; `cantCreate`.
    package func open(scratch: FilePath) async throws(OperationError) -> FilePath {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory) else {
            throw OperationError("open", path.string, cause: "there is no such file or directory", exit: .noInput)
        }
        if isDirectory.boolValue { return path }
        // unzip opens it again: a FIFO or a device is refused here.
        guard try InputFile.head(path, count: 2).elementsEqual("PK".utf8) else {
            throw OperationError(
                "unpack", path.string, cause: "it is not a ZIP", remedy: "name the ZIP of a release or the directory that it unpacks to",
                exit: .dataError)
        }
        try await checkSize()
        try DraftFile.makeDirectory(scratch)
        try await unpack(to: scratch)
        try refuseEscapes(from: scratch)
        return scratch
    }

    /// What the ZIP says of itself: unzip -Z -t prints "12 files, 345 bytes uncompressed, 67 bytes compressed:  80.6%".
    private func checkSize() async throws(OperationError) {
        let text: String
        do {
            text = try await Self.tool.run(["-Z", "-t", path.string])
        } catch  where error.exit == .software {
            throw damaged(error.cause)
        }
        let numbers = text.split(separator: "\n").last?.split(separator: " ").compactMap { Int($0) } ?? []
        guard numbers.count >= 2 else { throw damaged(text.printable) }
        if numbers[0] > Self.countLimit || numbers[1] > Self.sizeLimit { throw tooLarge }
    }

    /// A ZIP can contain more than it says: the size is watched while it grows.
    private func unpack(to scratch: FilePath) async throws(OperationError) {
        let unzip = Task {
            // An empty password: unzip would ask the terminal for one.
            _ = try await Self.tool.run(["-q", "-o", "-P", "", path.string, "-d", scratch.string])
        }
        let watch = Task {
            while !Task.isCancelled {
                if FileTree.bytes(scratch) > Self.sizeLimit {
                    unzip.cancel()
                    return true
                }
                try? await Task.sleep(for: .milliseconds(100))
            }
            return false
        }
        let result = await withTaskCancellationHandler {
            await unzip.result
        } onCancel: {
            unzip.cancel()
        }
        watch.cancel()
        let grewTooLarge = await watch.value
        if Task.isCancelled { throw Interruption.failure }
        if grewTooLarge || FileTree.bytes(scratch) > Self.sizeLimit { throw tooLarge }
        guard case .failure(let failure) = result else { return }
        guard let error = failure as? OperationError, error.exit != .software else {
            throw damaged((failure as? OperationError)?.cause ?? failure.localizedDescription)
        }
        throw error
    }

    private func damaged(_ cause: String) -> OperationError {
        OperationError("unpack", path.string, cause: cause, remedy: "download it again: it is not a complete ZIP", exit: .dataError)
    }

    private var tooLarge: OperationError {
        OperationError(
            "unpack", path.string, cause: "it unpacks to more than \(Self.sizeLimit >> 20) MiB or \(Self.countLimit) files",
            remedy: "use the ZIP as its project releases it", exit: .dataError)
    }

    /// Refuses links in a ZIP to files that did not come from it. unzip itself writes nothing outside.
    private func refuseEscapes(from scratch: FilePath) throws(OperationError) {
        let root = Self.resolved(scratch) ?? scratch
        for link in Self.links(in: scratch) where !(Self.resolved(scratch.appending(link))?.starts(with: root) ?? false) {
            throw OperationError(
                "unpack", path.string, cause: "\(link.printable) in it is a link to a file outside, or to none",
                remedy: "use the ZIP as its project releases it", exit: .dataError)
        }
    }

    /// Refuses a directory with links in it: the files that they lead to would be copied into the image.
    /// - Throws: `dataError`.
    static func refuseLinks(in directory: FilePath) throws(OperationError) {
        guard let path = links(in: directory).first else { return }
        throw OperationError(
            "copy", directory.appending(path).string.printable, cause: "it is a symbolic link, which FAT cannot hold",
            remedy: "use the files as their project releases them", exit: .dataError)
    }

    private static func links(in directory: FilePath) -> [String] {
        let paths = FileManager.default.enumerator(atPath: directory.string)
        var links: [String] = []
        while let path = paths?.nextObject() as? String {
            if paths?.fileAttributes?[.type] as? FileAttributeType == .typeSymbolicLink { links.append(path) }
        }
        return links
    }

    /// The path without links in it; nil when it leads nowhere.
    private static func resolved(_ path: FilePath) -> FilePath? {
        guard let resolved = realpath(path.string, nil) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
