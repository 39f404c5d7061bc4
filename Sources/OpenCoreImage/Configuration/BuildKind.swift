/// How OpenCore was compiled.
package enum BuildKind: String, CaseIterable, Sendable {
    case release = "RELEASE"
    /// Writes a log.
    case debug = "DEBUG"
}
