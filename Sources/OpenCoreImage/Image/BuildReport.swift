package import SystemPackage

/// What became of a request.
package struct BuildReport: Sendable {
    package var image: FilePath
    package var identityFile: FilePath
    package var version: OpenCoreVersion
    package var build: BuildKind
    package var model: MacModel
    package var kexts: [String]
    /// Whether a BIOS starts it too.
    package var startsFromBIOS: Bool
    /// Whether ocvalidate looked at it.
    package var isValidated: Bool
    /// What the user should know.
    package var warnings: [String]
}
