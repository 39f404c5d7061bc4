public import SystemPackage

/// What became of a request.
public struct BuildReport: Sendable {
    public var image: FilePath
    public var identityFile: FilePath
    public var version: OpenCoreVersion
    public var build: BuildKind
    public var model: MacModel
    public var kexts: [String]
    /// Whether a BIOS starts it too.
    public var startsFromBIOS: Bool
    /// Whether ocvalidate looked at it.
    public var isValidated: Bool
    /// What the user should know.
    public var warnings: [String]
}
