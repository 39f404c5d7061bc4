package import DiskFormats
package import LinuxVM
package import QemuArgs
package import SystemPackage

/// What a user asks of `mkimage`.
package struct InstallRequest: Sendable {
    package enum Format: String, CaseIterable, Sendable { case raw, qcow2 }

    /// What is added to macOS while it is installed: a distribution package, which ends in a guest that powers itself off.
    package struct Provisioning: Sendable {
        package var package: any ByteSource
        /// SHA-256 of what it was made from.
        package var digest: String
        /// Texts that no transcript shows.
        package var secrets: [String]

        package init(package: any ByteSource, digest: String, secrets: [String]) {
            (self.package, self.digest, self.secrets) = (package, digest, secrets)
        }
    }

    /// Absolute paths.
    package var installer: FilePath
    package var output: FilePath
    /// As the user gave it: 64G.
    package var size = "64G"
    package var format = Format.raw
    package var isCompressed = false
    package var openCore: FilePath?
    /// What OpenCore's disk says that the guest is; nil when that is not known.
    package var identity: MachineRequest.Identity?
    package var vcpus: Int?
    /// MiB.
    package var memory: Int?
    package var screen = Display.VNC.off
    package var hasNetwork = true
    package var emulates = false
    package var provisioning: Provisioning?
    /// The name that macOS's volume gets.
    package var volume = "macOS"
    package var language = "en"
    package var keys: FilePath?
    package var transcript: FilePath?
    /// Leaves serial numbers and keys in the transcript.
    package var showsSecrets = false
    /// Texts that no transcript shows, beside those that are known here.
    package var secrets: [String] = []
    package var resumes = false
    package var restarts = false
    /// Changes of the policy, by name: for tests.
    package var policy: [(name: String, number: Double)] = []

    package init(installer: FilePath, output: FilePath) { (self.installer, self.output) = (installer, output) }
}
