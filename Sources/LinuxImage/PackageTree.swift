import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// Unpacked packages. None is installed: none of their scripts runs.
struct PackageTree: Sendable {
    let directory: FilePath

    /// dpkg-deb -x FILE DIRECTORY
    static func unpack(_ files: [FilePath], to directory: FilePath, _ progress: StepProgress) async throws(OperationError) -> PackageTree {
        try DraftFile.makeDirectory(directory)
        for (number, file) in files.enumerated() {
            progress.note("\(number) of \(files.count)")
            try await Tool("dpkg-deb", from: "dpkg").run(["--extract", file.string, directory.string])
        }
        return PackageTree(directory: directory)
    }

    /// A file by its path. Packages use both /bin and /usr/bin for the same directory, and so on.
    /// - Throws: `unavailable`, with the name of the missing file.
    func file(_ path: String) throws(OperationError) -> FilePath {
        guard let found = find(path) else {
            throw OperationError(
                "find", path, cause: "no package contains this file", remedy: "choose another suite: the packages of this one have changed",
                exit: .unavailable)
        }
        return found
    }

    /// nil when no package contains it. Symbolic links are resolved inside the tree.
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
        // An absolute link starts at the root of this tree, not of this machine.
        guard depth < 8 else { return nil }
        let next = target.hasPrefix("/") ? FilePath(target) : FilePath(path).removingLastComponent().appending(target)
        return find(next.lexicallyNormalized().string, depth: depth + 1)
    }

    private func find(_ path: String, depth: Int) -> FilePath? {
        let short = path.hasPrefix("/usr/") ? String(path.dropFirst(4)) : path
        return follow(short, depth: depth) ?? follow("/usr" + short, depth: depth)
    }
}

/// The libraries that programs need, read from their files and not by ld.so: they can be for another CPU.
struct SharedLibraries: Sendable {
    /// Debian's multiarch directory, the directory of ld.so, and one with a RUNPATH to it.
    static let directories = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/x86_64-linux-gnu/pulseaudio"]

    let tree: PackageTree

    /// The direct and indirect dependencies, as paths below /usr.
    /// - Throws: `unavailable`, with the name of a library that no package contains.
    func closure(of programs: [FilePath]) async throws(OperationError) -> Set<String> {
        var (found, open): (Set<String>, [FilePath]) = ([], programs)
        while let file = open.popLast() {
            for name in try await needed(by: file) {
                guard let path = Self.directories.map({ $0 + "/" + name }).first(where: { tree.find($0) != nil }) else {
                    throw OperationError(
                        "find", name, cause: "no package contains this library, which \(file.lastComponent?.string ?? "") needs",
                        exit: .unavailable)
                }
                if found.insert(path).inserted { open.append(try tree.file(path)) }
            }
        }
        return found
    }

    /// readelf --dynamic FILE: "0x1 (NEEDED)  Shared library: [libc.so.6]"
    private func needed(by file: FilePath) async throws(OperationError) -> [String] {
        let text = try await Tool("readelf", from: "binutils").run(["--dynamic", "--wide", file.string])
        return text.split(separator: "\n").compactMap { line in
            guard line.contains("(NEEDED)"), let start = line.firstIndex(of: "["), let end = line.lastIndex(of: "]"), start < end else {
                return nil
            }
            return String(line[line.index(after: start)..<end])
        }
    }
}
