import ArgumentParser
import Diagnostics
import Foundation
import HostSupport
import LinuxSupport

@main
struct MacOSVirt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "macos-virt",
        abstract: "Make and run images of macOS virtual machines.",
        version: Version.text,
        subcommands: [Media.self, MkLinux.self, MkOpenCore.self, MkInstaller.self, MkImage.self, MkSeed.self, Run.self, Cache.self])

    static func main() async {
        do {
            try await Interruption.cancelling {
                var command = try parseAsRoot()
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            }
        } catch let error as OperationError {
            try? FileHandle.standardError.write(contentsOf: Data("macos-virt: \(error)\n".utf8))
            Foundation.exit(error.exit.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
