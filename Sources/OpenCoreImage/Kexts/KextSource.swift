package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// Where kexts come from: a release as ZIP or directory, or the bundle itself, with the kernels that they are for.
package struct KextSource: Equatable, Sendable {
    package var path: FilePath
    /// The name of the wanted bundle; nil for all bundles.
    package var name: String?
    /// Darwin versions; empty for no limit.
    package var minKernel = ""
    package var maxKernel = ""

    package init(_ path: FilePath, name: String? = nil) { (self.path, self.name) = (path, name) }

    /// PATH, or PATH@MIN-MAX with versions of Darwin such as 22.0.0; one of them can be left out.
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
                remedy: "name the ZIP of a release or the .kext directory", exit: .dataError)
        }
        return try wanted.map { (path) throws(OperationError) in
            try Archive.refuseLinks(in: path)
            var bundle = try KextBundle(path)
            (bundle.minKernel, bundle.maxKernel) = (minKernel, maxKernel)
            return bundle
        }
    }

    /// Bundles, without those inside other bundles.
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
