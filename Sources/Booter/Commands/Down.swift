import ArgumentParser
import BootSettings
import Diagnostics
import Glibc
import NetSetup

struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Undo what an earlier run changed: dnsmasq, firewall table, tap, sysctls, files.",
        discussion: "Refuses while the guest runs. The guest's UEFI variables, the loaded modules and QEMU's answers stay.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let configuration = try options.load().configuration
            guard geteuid() == 0 else {
                throw OperationError(
                    "boot down runs as user \(geteuid()), not as root", "", cause: "", remedy: "start it as root, or with sudo",
                    exit: ExitStatus.noPermission)
            }
            var left: [String] = []
            if Journal.exists(directory: configuration.state.run) {
                var journal = try Journal.open(directory: configuration.state.run)
                let count = journal.entries.count
                left = journal.unwind()
                Console.error("boot: \(count - left.count) of \(count) entries of the journal undone\n")
            } else {
                Console.error("boot: no journal in \(configuration.state.run): nothing to undo\n")
            }
            // Also without a journal, which may be lost with its directory: nobody else uses this table's name.
            do {
                try Undo.removeTable(NATRules.standardTable).perform()
            } catch {
                left.append("\(error)")
            }
            guard left.isEmpty else {
                throw OperationError(
                    "undo", "an earlier run", cause: left.joined(separator: "; "), remedy: "run boot down again, or undo the rest by hand",
                    exit: ExitStatus.osError)
            }
        }
    }
}
