import ArgumentParser
import BootSettings
import Diagnostics
import LinuxSupport
import NetworkValues

struct BrowserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "browser", abstract: "Print the address of the page with a supervised guest's screen, with its token.",
        discussion: "The guest has to run with status.browser and status.listen. Whoever has the address can use the page.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let configuration = try options.load().configuration
            let file = BrowserChoice.token(configuration)
            guard let address = configuration.status.listen, configuration.status.browser else {
                throw OperationError(
                    "open", "the browser view", cause: "it is off", remedy: "set status.browser and status.listen", exit: .config)
            }
            guard let token = FileRoot.live.line(file), !token.isEmpty else {
                throw OperationError(
                    "read", file, cause: "there is no token in it",
                    remedy: "start the guest with boot run --supervise, and run this as root",
                    exit: .tempFail)
            }
            try Output.print("http://\(address.local)/#\(token)")
            guard !address.isLoopback else { return }
            if address.local != address.description { Console.error("boot: other machines use an address of this one in its place\n") }
            Console.error("boot: the token and the page travel without TLS: use them in a network that you trust, or by ssh -L\n")
        }
    }
}
