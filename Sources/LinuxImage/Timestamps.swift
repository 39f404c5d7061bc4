import Diagnostics
import HostSupport
import SystemPackage

enum Timestamps {
    /// touch --no-dereference --date=@0: the time of the build is in no image.
    static func reset(_ root: DirectoryTree) async throws(OperationError) {
        try await Tool("xargs", from: "findutils").run(
            ["--null", "touch", "--no-dereference", "--date=@\(Reproducible.epoch)"],
            input: (root.paths() + ["."]).joined(separator: "\0") + "\0", directory: root.root)
    }
}
