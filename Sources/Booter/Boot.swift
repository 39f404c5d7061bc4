import ArgumentParser

/// Turns the Linux machine it runs on into a macOS hypervisor, and becomes QEMU.
@main
struct Boot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot",
        abstract: "Turns this Linux machine into a macOS hypervisor: probe, plan, apply, become QEMU.",
        discussion: "Without a command: run. Every exit code is one of sysexits.h; the README lists them.",
        version: Version.text,
        subcommands: [
            Run.self, PlanCommand.self, Probe.self, Doctor.self, Down.self, LoadModules.self, SetupNAT.self, RunQemu.self,
            Keys.self,
        ],
        defaultSubcommand: Run.self)
}
