/// Exit codes of `macos-virt`, from sysexits.h as the README documents them.
public enum ExitStatus: Int32, Sendable {
    /// EX_USAGE: a wrong flag or argument.
    case usage = 64
    /// EX_DATAERR: an input is damaged, or is not what it should be.
    case data = 65
    /// EX_NOINPUT: an input is missing or cannot be read.
    case noInput = 66
    /// EX_UNAVAILABLE: a mirror or server is not reachable, or does not have what was asked for.
    case unavailable = 69
    /// EX_SOFTWARE: a tool ended in a way that was not foreseen.
    case software = 70
    /// EX_OSFILE: a tool is not installed.
    case toolMissing = 72
    /// EX_CANTCREAT: an output cannot be written.
    case cantCreate = 73
    /// EX_TEMPFAIL: somebody else is using what is needed.
    case inUse = 75
    /// EX_CONFIG: a configuration is wrong.
    case config = 78
    /// Ended by SIGINT, as shells count.
    case interrupted = 130
}
