/// How a process ended, as waitpid(2) reports it.
package enum WaitStatus: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)

    /// WIFSIGNALED, WTERMSIG and WEXITSTATUS of bits/waitstatus.h.
    package init(_ raw: Int32) {
        let signal = raw & 0x7f
        self = signal == 0 ? .exited((raw >> 8) & 0xff) : .signalled(signal)
    }

    /// What a shell's `$?` is: the exit status, or 128 and the signal's number.
    package var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        }
    }
}
