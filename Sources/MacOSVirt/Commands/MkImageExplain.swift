import ArgumentParser
import Diagnostics
import HostSupport
import MediaInstall
import SystemPackage

struct MkImageExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell in words where an installation stopped, and what to try.")

    @Argument(help: "The directory of a transcript: OUTPUT.install/transcript, or that of --transcript.") var directory: String

    func run() throws {
        for line in try Explanation(FilePath(absolute: directory)).lines { try Media.print(line) }
    }
}
