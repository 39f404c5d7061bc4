/// One thing that is done at the recovery's keyboard.
package enum KeyStep: Equatable, Sendable {
    /// Keys pressed together, by QKeyCode, so many times.
    case press([String], times: Int)
    /// Seconds; longer in emulation.
    case pause(Double)
    /// Type the command that starts the script.
    case command

    /// What starts the script: it is on the volume P.
    package static let commandLine = "sh /Volumes/P/r"

    /// As a table of keys has it: "ctrl-f2", "right 4", "pause 2.5", "command".
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard (1...2).contains(words.count) else { return nil }
        switch (words[0], words.count) {
        case ("command", 1): self = .command
        case ("pause", 2):
            guard let seconds = Double(words[1]), (0.1...600).contains(seconds) else { return nil }
            self = .pause(seconds)
        case ("pause", _), ("command", _): return nil
        default:
            let keys = words[0].split(separator: "-", omittingEmptySubsequences: false).map { String($0) }
            guard keys.allSatisfy({ key in !key.isEmpty && key.utf8.allSatisfy(Self.isInName) }) else { return nil }
            let times = words.count == 2 ? Int(words[1]) : 1
            guard let times, (1...50).contains(times) else { return nil }
            self = .press(keys, times: times)
        }
    }

    /// QKeyCode of qapi/ui.json: "meta_l", "f2".
    private static func isInName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "_")
    }
}
