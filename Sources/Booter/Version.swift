import CLinux

/// Which build this is.
enum Version {
    /// `git describe` of the tree that `make static` built, or "dev".
    static let text = String(cString: mv_version())
}
