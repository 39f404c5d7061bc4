import Diagnostics
import HostSupport
import SystemPackage

/// What a program needs at its start beside itself, read from the file: a library may be for another machine's CPU.
struct SharedLibraries: Sendable {
    /// Debian's multiarch directory, and the one of ld.so.
    static let directories = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/x86_64-linux-gnu/pulseaudio"]

    let tree: PackageTree

    /// The libraries of these files and the libraries of those, as paths below /usr.
    /// - Throws: `unavailable`, naming the library that no package has.
    func closure(of programs: [FilePath]) async throws(OperationError) -> Set<String> {
        var (found, open): (Set<String>, [FilePath]) = ([], programs)
        while let file = open.popLast() {
            for name in try await needed(by: file) {
                guard let path = Self.directories.map({ $0 + "/" + name }).first(where: { tree.find($0) != nil }) else {
                    throw OperationError(
                        "find", name, cause: "no package has this library, which \(file.lastComponent?.string ?? "") needs",
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
