/// What people are told while an installation runs.
package enum InstallationReport: Equatable, Sendable {
    case stage(InstallationStage)
    /// How far startosinstall is.
    case percent(Double)
    /// Keys are pressed, the attempt counted from 1.
    case attempt(Int, of: Int)
    /// A line of startosinstall or of the script.
    case line(String)
    /// The recovery has restarted before the script was done.
    case recoveryRestarted
    /// macOS has restarted so many times.
    case restarted(Int)
    /// The disk was quiet so many times, of those that it takes.
    case quiet(Int, of: Int)
    /// macOS did not power off by its button: QEMU was ended, its disks written.
    case forced
    case failed(InstallationFailure)
}

/// The parts of an installation as they are shown, numbered from 1.
package enum InstallationStage: String, CaseIterable, Codable, Sendable {
    case recovery, terminal, disk, prepare, install, powerOff, verify, image

    package var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }

    package var title: String {
        switch self {
        case .recovery: "start the recovery"
        case .terminal: "open its terminal"
        case .disk: "erase the disk"
        case .prepare: "prepare macOS"
        case .install: "macOS installs itself"
        case .powerOff: "power off"
        case .verify: "verify the disk"
        case .image: "write the image"
        }
    }
}
