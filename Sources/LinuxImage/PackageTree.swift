import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// Packages, unpacked and never installed: no script of theirs runs.
struct PackageTree: Sendable {
    let directory: FilePath

    /// dpkg-deb -x FILE DIRECTORY
    static func unpack(_ files: [FilePath], to directory: FilePath, _ progress: StepProgress) async throws(OperationError) -> PackageTree {
        try Draft.makeDirectory(directory)
        for (number, file) in files.enumerated() {
            progress.note("\(number) of \(files.count)")
            try await Tool("dpkg-deb", from: "dpkg").run(["--extract", file.string, directory.string])
        }
        return PackageTree(directory: directory)
    }

    /// A file by its path in a system where /bin, /lib and /sbin are links into /usr: packages still use both names.
    /// - Throws: `unavailable`, naming the file that a package no longer has.
    func file(_ path: String) throws(OperationError) -> FilePath {
        guard let found = find(path) else {
            throw OperationError(
                "find", path, cause: "no package has this file", remedy: "the suite's packages have changed: choose another suite",
                exit: .unavailable)
        }
        return found
    }

    /// nil when no package has it. Symbolic links are followed inside the tree.
    func find(_ path: String) -> FilePath? { find(path, depth: 0) }

    /// The names in a directory of the tree, sorted.
    func names(in path: String) -> [String] {
        guard let found = find(path) else { return [] }
        return ((try? FileManager.default.contentsOfDirectory(atPath: found.string)) ?? []).sorted()
    }

    private func follow(_ path: String, depth: Int) -> FilePath? {
        let place = directory.appending(String(path.drop { $0 == "/" }))
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place.string) else {
            return FileManager.default.fileExists(atPath: place.string) ? place : nil
        }
        // An absolute link means this tree's root, not the machine's.
        guard depth < 8 else { return nil }
        let next = target.hasPrefix("/") ? FilePath(target) : FilePath(path).removingLastComponent().appending(target)
        return find(next.lexicallyNormalized().string, depth: depth + 1)
    }

    private func find(_ path: String, depth: Int) -> FilePath? {
        let short = path.hasPrefix("/usr/") ? String(path.dropFirst(4)) : path
        return follow(short, depth: depth) ?? follow("/usr" + short, depth: depth)
    }
}
