package import Diagnostics
package import Foundation
package import SystemPackage

/// A text file beside an image of macOS, which tells what it is and how it was made.
package enum ManifestFile {
    /// Beside NAME.img: NAME.manifest.json.
    package static func path(beside image: FilePath) -> FilePath {
        image.removingLastComponent().appending((image.stem ?? "image") + ".manifest.json")
    }

    /// Sorted, for people and for comparisons.
    /// - Throws: `software`, which does not happen.
    package static func data(_ manifest: some Encodable, beside image: FilePath) throws(OperationError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(manifest) + Data("\n".utf8)
        } catch {
            throw OperationError("write", path(beside: image).string, cause: error.localizedDescription, exit: .software)
        }
    }
}
