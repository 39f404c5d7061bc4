import BootSettings
import Diagnostics
import LinuxSupport
import QemuArgs

/// The disk that the guest installs macOS from: read-only, behind OpenCore and the system disk in the boot order.
struct InstallerChoice: Equatable, Sendable {
    /// nil without one.
    var disk: Disk?

    struct Disk: Equatable, Sendable {
        var path: String
        var format: DriveFormat
    }

    /// nil when it makes a run impossible.
    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> InstallerChoice? {
        guard let wanted = configuration.disk.installer else { return InstallerChoice() }
        guard let found = facts.files.installer else {
            notes.refuse(
                .disk, "disk.installer is \(wanted), which does not exist",
                remedy: "attach the installer disk, or leave disk.installer out",
                exit: ExitStatus.noInput)
            return nil
        }
        // A block device has size 0 here.
        let problem = facts.files.installerImage?.problem ?? (found.isBlockDevice || found.size > 0 ? nil : "it is empty")
        if let problem {
            notes.refuse(
                .disk, "the installer disk \(wanted) cannot be used: \(problem)",
                remedy: facts.files.installerImage?.remedy ?? "make one with `macos-virt mkinstaller`", exit: ExitStatus.dataError)
            return nil
        }
        let format = facts.files.installerImage.flatMap { DriveFormat(rawValue: $0.format) } ?? .raw
        notes.decide("installer disk", wanted, because: "disk.installer; never written")
        return InstallerChoice(disk: Disk(path: wanted, format: format))
    }
}
