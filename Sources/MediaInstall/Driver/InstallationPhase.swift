package import Lifecycle

/// Which of the two machines runs: they differ in what is plugged in.
package enum InstallationPart: String, Codable, Equatable, Sendable {
    /// With the installer disk and the script's disk. A restart of the guest ends QEMU.
    case recovery
    /// With macOS's disk and OpenCore's alone, as `boot` starts it. Restarts are followed.
    case system
}

/// What has been completed, so that `--resume` goes on after it.
package enum InstallationStep: String, Codable, Comparable, Sendable, CaseIterable {
    case nothing
    /// macOS is on its disk and installs itself at the next start.
    case prepared
    /// It has restarted as often as it has to: from here on, a quiet disk means that it is installed.
    case restarted
    /// macOS has installed itself, and the guest is off.
    case installed
    /// The disk has what the installer promised.
    case verified

    package static func < (a: Self, b: Self) -> Bool { a.order < b.order }
    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Where an installation is.
package enum InstallationPhase: Equatable, Sendable {
    case new
    /// QEMU was started and has not answered yet.
    case starting(InstallationPart)
    /// The recovery starts; no key was pressed yet.
    case booting
    /// Keys were pressed so many times, and the script has not said a word.
    case opening(attempt: Int)
    /// The script runs.
    case scripting(ScriptStage)
    /// The script is done, and the recovery is about to restart.
    case restarting
    /// macOS installs itself.
    case installing
    /// QEMU is going to end, for this reason; the stage is what was done about it last.
    case ending(InstallationEnding, LifecycleStage)
    case verifying
    case publishing
    case over(InstallationOutcome)
}

/// What the script does.
package enum ScriptStage: Equatable, Sendable {
    case looking
    case erasing
    /// With the percentage that startosinstall has reported.
    case preparing(percent: Double)
}

/// Why QEMU is going to end.
package enum InstallationEnding: Equatable, Sendable {
    /// macOS is on its disk: the second machine follows.
    case prepared
    /// The recovery has restarted too early: it is started once more.
    case again
    /// macOS is installed.
    case finished
    case failure(InstallationFailure)
    case interrupted
}

package enum InstallationOutcome: Equatable, Sendable {
    case done
    case failed(InstallationFailure)
    case interrupted
}
