import ArgumentParser
import Glibc
import LinuxSupport

/// Turns the Linux machine it runs on into a macOS hypervisor, and becomes QEMU.
@main
struct Boot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot",
        abstract: "Turns this Linux machine into a macOS hypervisor: probe, plan, apply, become QEMU.",
        discussion: "Without a command: run. Every exit code is one of sysexits.h; docs/exit-codes.md lists them.",
        version: Version.text,
        subcommands: [
            Run.self, PlanCommand.self, Probe.self, Doctor.self, Down.self, LoadModules.self, SetupNAT.self, RunQemu.self, PowerDown.self,
            Stop.self, Status.self, Log.self, StateCommand.self, ConsoleCommand.self, QMPCommand.self, Screenshot.self, TypeText.self,
            Press.self, DiskCommand.self, USBCommand.self, VNCPassword.self, BrowserCommand.self,
            Keys.self, BakeQemu.self,
        ],
        defaultSubcommand: Run.self)

    /// `boot` and `boot run`, as an image starts them, have nothing to parse. The argument parser would spend a third of the time
    /// until QEMU begins on finding that out, because it inspects all its declarations by reflection.
    static func main() {
        // Whatever the caller's umask is: nobody else may write what `boot` creates.
        umask(0o022)
        let words = CommandLine.arguments.dropFirst()
        guard words.isEmpty || words.elementsEqual(["run"]) else { return main(nil) }
        do {
            try Run.plain()
        } catch {
            exit(withError: error)
        }
    }
}
