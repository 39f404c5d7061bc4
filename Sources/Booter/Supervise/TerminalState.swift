import Glibc

/// The settings of the terminal that QEMU gets for the guest's serial port: a QEMU that is killed leaves it without echo.
struct TerminalState {
    private let settings: termios

    /// nil when standard input is no terminal.
    init?() {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        self.settings = settings
    }

    func restore() {
        var settings = settings
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
}
