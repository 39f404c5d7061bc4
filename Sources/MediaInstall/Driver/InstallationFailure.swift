package import Diagnostics
package import Lifecycle

/// Why an installation did not come to its end.
package enum InstallationFailure: Equatable, Sendable {
    /// QEMU never came as far as running the guest.
    case notStarted(String)
    /// QEMU ended without the guest's wish.
    case qemuEnded(ProcessEnd)
    /// Somebody else ended QEMU, with QEMU's ShutdownCause.
    case endedFromOutside(String)
    /// Commands do not reach QEMU any more.
    case connectionLost(String)
    /// The keys were pressed so many times, and the script never ran.
    case noAnswer(attempts: Int)
    /// The recovery is of another build than the installer's manifest says.
    case otherBuild(found: String, expected: String)
    case script(ScriptFault, String)
    /// The script said nothing for so many seconds, in this stage.
    case silence(InstallationStage, seconds: Double)
    /// startosinstall reports no progress.
    case stuck(percent: Double)
    /// The recovery restarted so many times before macOS was prepared.
    case recoveryRestarts(Int)
    /// The guest powered itself off, in this stage.
    case poweredOff(InstallationStage)
    /// macOS restarted so many times.
    case restartsWithoutEnd(Int)
    /// macOS wrote to its disk all the time, for so many looks.
    case neverQuiet(Int)
    /// macOS did nothing more after so few restarts.
    case tooFewRestarts(Int, of: Int)
    /// A provisioned macOS never powered itself off.
    case neverPoweredOff(Int)
    case panic
    case noSpace
    case disk(String)
    case verification(String)
    case publication(String)

    /// A clause.
    package var cause: String {
        switch self {
        case .notStarted(let reason): "QEMU did not start: \(reason)"
        case .qemuEnded(let end): "QEMU ended with \(end)"
        case .endedFromOutside(let reason): "somebody ended QEMU (\(reason))"
        case .connectionLost(let reason): "QEMU's control connection broke: \(reason)"
        case .noAnswer(let attempts): "keys were pressed \(attempts) times, and the recovery never ran the script"
        case .otherBuild(let found, let expected):
            "the recovery that started is build \(found), and the installer's manifest says \(expected)"
        case .script(let fault, let text): text.isEmpty ? fault.clause : "\(fault.clause): \(text.printable)"
        case .silence(let stage, let seconds): "no word for \(Self.time(seconds)) (\(stage.title))"
        case .stuck(let percent): "startosinstall stays at \(percent) %"
        case .recoveryRestarts(let count): "the recovery restarted \(count) times before macOS was prepared"
        case .poweredOff(let stage): "the guest powered itself off too early (\(stage.title))"
        case .restartsWithoutEnd(let count): "macOS restarted \(count) times without an end"
        case .neverQuiet(let looks): "macOS writes to its disk without an end (\(looks) looks)"
        case .tooFewRestarts(let count, let least): "macOS restarted \(count) times, and \(least) are needed until it is installed"
        case .neverPoweredOff(let looks): "macOS did not power itself off after its provisioning (\(looks) looks)"
        case .panic: "the guest panicked"
        case .noSpace: "No space left on device: the guest's disk cannot grow"
        case .disk(let reason): "the guest's disk cannot be used: \(reason.printable)"
        case .verification(let cause), .publication(let cause): cause
        }
    }

    /// What can be tried, as an imperative clause.
    package var remedy: String {
        switch self {
        case .notStarted: "correct what QEMU says"
        case .qemuEnded, .connectionLost: "look at qemu.log in the work directory; then go on with --resume"
        case .endedFromOutside, .panic, .silence, .stuck: "go on with --resume"
        case .noAnswer:
            "look at the screens in the transcript: if the menus are another language's, add --language; if they look otherwise, write a "
                + "table of keys (docs/mkimage.md) and add --keys"
        case .otherBuild: "make the installer disk again, or remove the manifest beside it, and add --restart"
        case .script(let fault, _): fault.remedy
        case .recoveryRestarts: "watch it with --screen; give it more memory with --memory"
        case .poweredOff, .restartsWithoutEnd, .neverQuiet, .tooFewRestarts: "watch it with --screen, and go on with --resume"
        case .neverPoweredOff:
            "look at what the agent said in serial.log in the work directory; then watch it with --screen, and go on with --resume"
        case .noSpace: "free some space, and go on with --resume"
        case .disk: "repair the file system that the image is on, and go on with --resume"
        case .verification: "start anew with --restart, or look at it with macos-virt run"
        case .publication: "free some space, and go on with --resume"
        }
    }

    package var exit: ExitStatus {
        switch self {
        case .notStarted, .qemuEnded, .connectionLost: .software
        case .endedFromOutside: .interrupted
        case .otherBuild, .verification: .dataError
        case .noSpace, .disk, .publication: .cantCreate
        case .noAnswer, .silence, .stuck, .recoveryRestarts, .restartsWithoutEnd, .neverQuiet, .tooFewRestarts, .neverPoweredOff: .tempFail
        case .script(let fault, _): fault.exit
        case .poweredOff, .panic: .unavailable
        }
    }

    private static func time(_ seconds: Double) -> String { seconds < 120 ? "\(Int(seconds)) s" : "\(Int(seconds / 60)) min" }
}

extension ScriptFault {
    /// What the script found.
    fileprivate var clause: String {
        switch self {
        case .noDisk: "the recovery does not see macOS's disk"
        case .severalDisks: "the recovery sees several disks of the size of macOS's"
        case .erase: "diskutil cannot erase the disk"
        case .noInstaller: "neither the installer disk nor the recovery has startosinstall"
        case .noSpace: "macOS does not fit on the disk"
        case .helper: "startosinstall's helper crashed again and again"
        case .startosinstall: "startosinstall failed"
        case .settings: "the script's disk is incomplete"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .noDisk, .severalDisks: "start anew with --restart, and give the disk another size with --size"
        case .erase: "start anew with --restart"
        case .noInstaller: "start anew with --restart, and with a disk of macos-virt mkinstaller"
        case .noSpace: "start anew with --restart and a larger --size"
        case .helper: "start anew with --restart; give it more memory with --memory"
        case .startosinstall: "look at the lines before it in the transcript"
        case .settings: "start anew with --restart"
        }
    }

    fileprivate var exit: ExitStatus {
        switch self {
        case .noDisk, .severalDisks, .settings: .software
        case .noInstaller: .dataError
        case .noSpace: .cantCreate
        case .erase, .helper, .startosinstall: .unavailable
        }
    }
}
