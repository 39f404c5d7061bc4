package import Diagnostics
import Foundation
import Glibc
import HostSupport
package import SystemPackage

/// A release as its project gives it: a ZIP, or the directory that one was unpacked into.
package struct Archive: Equatable, Sendable {
    package let path: FilePath

    package init(_ path: FilePath) { self.path = path }

    /// The directory with its contents: itself, or `scratch` with the ZIP unpacked in it.
    /// - Throws: `noInput`, `dataError` when it is damaged.
    package func open(scratch: FilePath) async throws(OperationError) -> FilePath {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory) else {
            throw OperationError("open", path.string, cause: "there is no such file or directory", exit: .noInput)
        }
        if isDirectory.boolValue { return path }
        try Draft.makeDirectory(scratch)
        do {
            // No password: it would ask the terminal for one.
            try await Tool("unzip", from: "unzip").run(["-q", "-o", "-P", "", path.string, "-d", scratch.string])
        } catch  where error.exit == .software {
            throw OperationError(
                "unpack", path.string, cause: error.cause, remedy: "it is not a whole ZIP: fetch it again", exit: .dataError)
        }
        try refuseEscapes(from: scratch)
        return scratch
    }

    /// Refuses what a ZIP brought along as a link to a file that it did not bring. unzip itself writes nothing outside.
    private func refuseEscapes(from scratch: FilePath) throws(OperationError) {
        let root = Self.resolved(scratch) ?? scratch
        for link in Self.links(in: scratch) where !(Self.resolved(scratch.appending(link))?.starts(with: root) ?? false) {
            throw OperationError(
                "unpack", path.string, cause: "\(link) in it is a link that leads out of it, or nowhere",
                remedy: "take the release as its project gives it", exit: .dataError)
        }
    }

    /// Refuses a tree with links in it: what they lead to would be copied into the image.
    /// - Throws: `dataError`.
    static func refuseLinks(in directory: FilePath) throws(OperationError) {
        guard let path = links(in: directory).first else { return }
        throw OperationError(
            "copy", directory.appending(path).string, cause: "it is a symbolic link, which FAT does not have",
            remedy: "take the release as its project gives it", exit: .dataError)
    }

    private static func links(in directory: FilePath) -> [String] {
        let paths = FileManager.default.enumerator(atPath: directory.string)
        var links: [String] = []
        while let path = paths?.nextObject() as? String {
            if paths?.fileAttributes?[.type] as? FileAttributeType == .typeSymbolicLink { links.append(path) }
        }
        return links
    }

    /// Without links in it; nil when it leads nowhere.
    private static func resolved(_ path: FilePath) -> FilePath? {
        guard let resolved = realpath(path.string, nil) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
