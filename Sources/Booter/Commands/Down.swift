import ArgumentParser
import BootSettings
import Diagnostics
import Glibc
import LinuxSupport
import NetSetup
import NetworkValues

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
                    "boot down runs as user \(geteuid()), not as root", "", cause: "", remedy: "run it as root or with sudo",
                    exit: ExitStatus.noPermission)
            }
            let directory = configuration.state.run
            var left: [String] = []
            if FileRoot.live.exists(directory) {
                var journal = try Journal.open(directory: directory, network: RunLock.thisNetwork)
                let count = journal.entries.count
                left = journal.unwind()
                Console.error("boot: \(count - left.count) of \(count) entries of the journal undone\n")
                try removeTable(&left)
            } else {
                // The lock is also taken without a journal: the firewall of a guest with another state.run has the same name.
                let lock = try RunLock.lock(network: RunLock.thisNetwork)
                StateDirectory(path: directory).remove()
                Console.error("boot: no journal in \(directory): nothing to undo\n")
                try removeTable(&left)
                lock.close()
            }
            guard left.isEmpty else {
                throw OperationError(
                    "undo", "an earlier run", cause: left.joined(separator: "; "), remedy: "run boot down again, or undo the rest by hand",
                    exit: ExitStatus.osError)
            }
        }
    }

    /// Also without a journal, which may be lost with its directory: nobody else uses this table's name.
    ///
    /// A tap of `boot` that is still there has its entry in the journal of another directory, and the table protects this machine from
    /// the guest behind that tap.
    private func removeTable(_ left: inout [String]) throws(OperationError) {
        let taps: [InterfaceName]
        do {
            // What this journal could not undo is reported with the rest.
            taps = left.isEmpty ? try Links().ours() : []
            if taps.isEmpty { try Undo.removeTable(NATRules.standardTable).perform() }
        } catch {
            return left.append("\(error)")
        }
        guard let tap = taps.first else { return }
        throw OperationError(
            "remove", "the firewall of \(tap)", cause: "boot made \(tap) with another state directory, whose journal undoes both",
            remedy: "run boot down with that state.run; if its journal is lost, run ip link delete \(tap) and boot down again",
            exit: ExitStatus.tempFail)
    }
}
