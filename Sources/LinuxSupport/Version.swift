import CLinux

/// The version of this build.
public enum Version {
    /// `git describe` of the tree that the Makefile built, or "dev".
    public static let text = String(cString: mv_version())
}
