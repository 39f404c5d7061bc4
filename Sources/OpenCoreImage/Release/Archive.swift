import Foundation
public import HostSupport
public import SystemPackage

/// A release as its project gives it: a ZIP, or the directory that one was unpacked into.
public struct Archive: Equatable, Sendable {
    public let path: FilePath

    public init(_ path: FilePath) { self.path = path }

    /// The directory with its contents: itself, or `scratch` with the ZIP unpacked in it.
    /// - Throws: `noInput`, `data` when it is damaged.
    public func open(scratch: FilePath) async throws(HostError) -> FilePath {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory) else {
            throw HostError("open", path.string, cause: "there is no such file or directory", exit: .noInput)
        }
        if isDirectory.boolValue { return path }
        try Draft.makeDirectory(scratch)
        do {
            try await Tool("unzip", from: "unzip").run(["-q", "-o", path.string, "-d", scratch.string])
        } catch  where error.exit == .software {
            throw HostError(
                "unpack", path.string, cause: error.cause, remedy: "it is not a whole ZIP: fetch it again", exit: .data)
        }
        return scratch
    }

    /// Refuses a tree with links in it: what they lead to would be copied into the image.
    /// - Throws: `data`.
    static func refuseLinks(in directory: FilePath) throws(HostError) {
        let paths = FileManager.default.enumerator(atPath: directory.string)
        while let path = paths?.nextObject() as? String {
            guard paths?.fileAttributes?[.type] as? FileAttributeType == .typeSymbolicLink else { continue }
            throw HostError(
                "copy", directory.appending(path).string, cause: "it is a symbolic link, which FAT does not have",
                remedy: "take the release as its project gives it", exit: .data)
        }
    }
}
