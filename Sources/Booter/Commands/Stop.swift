import ArgumentParser
import BootSettings
import Diagnostics

struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shut a supervised guest down: its power button, and what docs/supervision.md lists after it.",
        discussion: "With --wait, the exit code is that of the supervisor, or 75 when the time is over. The stop goes on then.")
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Wait until the supervisor has ended, at most so many seconds.") var wait: Int?
    @Flag(help: "Do not wait for the guest: end QEMU by its own command; twice, by signals.") var now = false

    func validate() throws {
        if let wait, !(0...86_400).contains(wait) { throw ValidationError("--wait takes 0 to 86400 seconds.") }
    }

    func run() throws {
        var code: Int32 = 0
        try Report.errors { () throws(OperationError) in
            let path = try options.load().configuration.state.supervisor
            let client = try SupervisorClient(path, asking: now ? .hurry : .stop)
            guard let wait else { return }
            let words = String(decoding: try client.answer(until: .now + .seconds(wait)), as: UTF8.self).split(separator: "\n").last ?? ""
            guard let end = words.firstIndex(of: " "), let status = Int32(words[..<end]) else {
                throw OperationError("stop", "the guest", cause: "the supervisor was killed", remedy: "run boot down", exit: .tempFail)
            }
            Console.error("boot: \(words[end...].dropFirst())\n")
            code = status
        }
        if code != 0 { throw ExitCode(code) }
    }
}
