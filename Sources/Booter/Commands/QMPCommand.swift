import ArgumentParser
import BootSettings
import Diagnostics
import QMP

struct QMPCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qmp", abstract: "Have QEMU carry out one command, and print its answer as JSON.",
        discussion: "boot qmp cont lets a guest go on that a disk error has stopped. With or without supervision.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "A command of https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html.") var command: String
    @Argument(help: "Its arguments, a JSON object.") var arguments: String?

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let answer = try options.controlSocket().execute(Command(command, try members()))
            try Output.print(answer.text)
        }
    }

    private func members() throws(OperationError) -> [QMP.JSONValue.Member] {
        guard let arguments else { return [] }
        var text = JSONText(arguments)
        guard case .object(let members) = text.value(), text.isWhole else {
            throw OperationError(
                "read", "the command's arguments", cause: "they are not a JSON object", remedy: "write them as in '{\"id\": \"x\"}'",
                exit: .usage)
        }
        return members
    }
}
