import ArgumentParser
import BootSettings
import Diagnostics
import Glibc
import QMP

struct TypeText: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "type", abstract: "Type a text on the guest's keyboard, as on an American one.",
        discussion: "ASCII only; a newline is the return key, a tab the tab key. With or without supervision.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The text.") var text: String

    func run() throws {
        try Report.errors { () throws(OperationError) in
            var strokes: [[String]] = []
            for character in text.unicodeScalars {
                guard let keys = USKeyboard.keys(for: character) else {
                    throw OperationError(
                        "type", "the text", cause: "an American keyboard has no key for \(String(character).printable)",
                        remedy: "leave it out, or press keys by boot press", exit: .usage)
                }
                strokes.append(keys)
            }
            try options.controlSocket().press(strokes)
        }
    }
}

struct Press: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Press keys of the guest's keyboard, one combination after another.",
        discussion:
            "boot press meta_l-spc f5 ret. The names are those of QKeyCode: https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "Keys joined by dashes.") var combinations: [String]

    func run() throws {
        try Report.errors { () throws(OperationError) in
            try options.controlSocket().press(combinations.map { $0.split(separator: "-").map { String($0) } })
        }
    }
}

extension ControlSocket {
    /// How long a key is held; QEMU carries combinations out one after another.
    private static let hold = 40

    /// Presses combinations one after another.
    fileprivate func press(_ strokes: [[String]]) throws(OperationError) {
        try session { (monitor) throws(MonitorError) in
            for keys in strokes {
                try monitor.execute(.sendKey(keys, hold: Self.hold), within: patience)
                // QEMU refuses nothing while keys are held, but it would queue them: a guest would lose the end of a long text.
                usleep(useconds_t(2 * Self.hold * 1000))
            }
        }
    }
}
