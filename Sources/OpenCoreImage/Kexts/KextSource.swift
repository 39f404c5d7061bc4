package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// Where a kext comes from: a ZIP or directory of a release, or the bundle itself, with the kernels that it is for.
package struct KextSource: Equatable, Sendable {
    package var path: FilePath
    /// The bundle that is wanted; nil for all that are there.
    package var name: String?
    /// Darwin versions; empty for no limit.
    package var minKernel = ""
    package var maxKernel = ""

    package init(_ path: FilePath, name: String? = nil) { (self.path, self.name) = (path, name) }

    /// PATH, or PATH@MIN-MAX with versions of Darwin such as 22.0.0, one of which may be left out.
    package init?(_ text: String) {
        guard let at = text.lastIndex(of: "@"), !text[at...].contains("/") else {
            self.init(FilePath(absolute: text))
            return
        }
        let limits = text[text.index(after: at)...].split(separator: "-", omittingEmptySubsequences: false)
        guard limits.count == 2, limits.allSatisfy({ $0.isEmpty || OpenCoreVersion($0) != nil }), limits != ["", ""] else { return nil }
        self.init(FilePath(absolute: String(text[..<at])))
        (minKernel, maxKernel) = (String(limits[0]), String(limits[1]))
    }

    /// The bundles, unpacked.
    /// - Throws: `noInput`, `dataError` when there is none.
    package func bundles(scratch: FilePath) async throws(OperationError) -> [KextBundle] {
        let directory = try await Archive(path).open(scratch: scratch)
        let found = directory.string.hasSuffix(".kext") ? [directory] : Self.search(directory, depth: 3)
        let wanted = found.filter { name == nil || $0.lastComponent?.string == name }
        guard !wanted.isEmpty else {
            throw OperationError(
                "read kext", path.string, cause: "there is no \(name ?? "kext") in it",
                remedy: "give the ZIP of a release, or the .kext directory", exit: .dataError)
        }
        return try wanted.map { (path) throws(OperationError) in
            try Archive.refuseLinks(in: path)
            var bundle = try KextBundle(path)
            (bundle.minKernel, bundle.maxKernel) = (minKernel, maxKernel)
            return bundle
        }
    }

    /// Bundles, but not those inside another: they belong to it.
    private static func search(_ directory: FilePath, depth: Int) -> [FilePath] {
        guard depth > 0 else { return [] }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []).sorted()
        return names.flatMap { name -> [FilePath] in
            let path = directory.appending(name)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path.string, isDirectory: &isDirectory), isDirectory.boolValue else { return [] }
            return name.hasSuffix(".kext") ? [path] : search(path, depth: depth - 1)
        }
    }
}
