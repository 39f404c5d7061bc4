package import Diagnostics
package import SystemPackage

/// A small disk with the Internet Recovery of a macOS.
package struct RecoveryRequest: Equatable, Sendable {
    package enum Layout: String, CaseIterable, Sendable {
        /// The recovery's volume in a partition, as OpenCore starts it from any disk.
        case raw
        /// The image as it is, in com.apple.recovery.boot on a FAT32 volume: OpenCore checks its signature by itself.
        case opencore
    }

    package var version: MacOSVersion
    package var layout: Layout
    /// nil: named after what arrives, in `directory`.
    package var output: FilePath?
    package var directory: FilePath

    package init(version: MacOSVersion, layout: Layout, output: FilePath?, directory: FilePath) {
        (self.version, self.layout, self.output, self.directory) = (version, layout, output, directory)
    }

    /// The boards to ask for.
    /// - Throws: `unavailable` for a release that Apple's recovery server has no board for.
    package func boards() throws(OperationError) -> [RecoveryBoard] {
        let boards = RecoveryBoard.boards(version.release)
        guard boards.isEmpty else { return boards }
        let known = RecoveryBoard.all.map(\.release).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        throw OperationError(
            "find", "the recovery of macOS \(version)", cause: "no board is known that Apple's recovery server gives it to",
            remedy: "ask for \(known.joined(separator: ", "))", exit: .unavailable)
    }
}
