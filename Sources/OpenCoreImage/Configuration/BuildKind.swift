/// How OpenCore was compiled.
public enum BuildKind: String, CaseIterable, Sendable {
    case release = "RELEASE"
    /// Writes a log.
    case debug = "DEBUG"
}
