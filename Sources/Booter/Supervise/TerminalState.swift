import CLinux
import Glibc

/// The settings that a terminal had before the guest's serial port was connected to it.
struct TerminalState {
    private let settings: termios

    /// nil when standard input is no terminal, or this process is in its background: changing it there would stop the process.
    init?() {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, !Self.isInBackground, tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        self.settings = settings
    }

    /// Whether standard input is the terminal of a job in whose background this process is: the kernel stops who reads or changes it there.
    ///
    /// A terminal that is nobody's, as the console of a machine without a login, has no jobs.
    static var isInBackground: Bool {
        let group = tcgetpgrp(STDIN_FILENO)
        return group >= 0 && group != getpgrp()
    }

    /// Every key goes to the guest: no line editing, no echo, no signals, as QEMU sets a terminal of its own.
    ///
    /// Not in the background, where the terminal is the shell's.
    func makeRaw() {
        guard !Self.isInBackground else { return }
        var raw = settings
        raw.c_iflag &= ~tcflag_t(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON)
        raw.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | IEXTEN | ISIG)
        raw.c_cflag = raw.c_cflag & ~tcflag_t(CSIZE | PARENB) | tcflag_t(CS8)
        withUnsafeMutableBytes(of: &raw.c_cc) { characters in
            characters[Int(VMIN)] = 1
            characters[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    }

    /// Not in the background: the shell has set the terminal as it wants it.
    func restore() {
        guard !Self.isInBackground else { return }
        var settings = settings
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    /// The size of the terminal that standard output is; nil when it is none.
    static var size: (lines: Int, columns: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 1, size.ws_col > 0 else { return nil }
        return (Int(size.ws_row), Int(size.ws_col))
    }
}
