import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// Finds the QEMU that emulates an x86_64 PC.
struct QemuBinary {
    let root: FileRoot
    let configured: String?

    /// Distributions, a build of one's own, RHEL's name for it.
    private static let usual = [
        "/usr/bin/qemu-system-x86_64", "/usr/local/bin/qemu-system-x86_64", "/opt/qemu/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm",
    ]

    /// The absolute path; nil when there is none.
    /// - Throws: when the configured binary is missing or not executable.
    func find() throws(OperationError) -> String? {
        guard let configured else { return Self.usual.first(where: isExecutable) }
        if isExecutable(configured) { return configured }
        let cause = root.exists(configured) ? "not an executable file" : "no such file"
        throw OperationError(
            "find QEMU", configured, cause: cause, remedy: "correct qemu.binary, or leave it out", exit: ExitStatus.osFile)
    }

    private func isExecutable(_ path: String) -> Bool {
        root.fact(path) != nil && root.withPath(path) { access($0, X_OK) == 0 }
    }
}
