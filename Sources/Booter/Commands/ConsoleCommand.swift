import ArgumentParser
import BootSettings
import Diagnostics

struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Connect this terminal to the serial port of a supervised guest.",
        discussion: """
            Ctrl-] leaves it, and the guest goes on. Several consoles show the same output, and what is typed in any of them goes to the guest. \
            Without a terminal, standard input goes to the guest as it is.
            """)
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Show so many of the last lines first; by default, as many as the terminal has.") var lines: Int?
    @Option(help: ArgumentHelp("The key that leaves: ^A to ^_, or none.", valueName: "key")) var escape = EscapeKey.standard

    func validate() throws {
        if let lines, !(0...100_000).contains(lines) { throw ValidationError("--lines takes 0 to 100000.") }
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let path = try options.load().configuration.state.supervisor
            var session = ConsoleSession(try SupervisorClient(path, asking: .console), escape: escape.byte)
            try session.run(lines: lines ?? TerminalState.size.map { $0.lines - 1 } ?? 24)
        }
    }
}

/// A key with Ctrl, which is for the console and not for the guest.
struct EscapeKey: ExpressibleByArgument {
    /// nil for none.
    var byte: UInt8?

    /// Ctrl-], as of telnet(1) and virsh(1).
    static let standard = EscapeKey(byte: 0x1d)

    private init(byte: UInt8?) { self.byte = byte }

    init?(argument: String) {
        if argument == "none" {
            byte = nil
            return
        }
        let letters = Array(argument.utf8)
        guard letters.count == 2, letters[0] == UInt8(ascii: "^") else { return nil }
        let letter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letters[1]) ? letters[1] - 0x20 : letters[1]
        // Ctrl takes the upper bits of a character away: ASCII's columns 4 and 5.
        guard (UInt8(ascii: "A")...UInt8(ascii: "_")).contains(letter) else { return nil }
        byte = letter - 0x40
    }

    var defaultValueDescription: String { byte.map { "^" + String(UnicodeScalar($0 + 0x40)) } ?? "none" }
}
