import CLinux
import Glibc
import SystemPackage

/// A deadline at which KVM_RUN returns in this thread, whatever the guest does.
///
/// The signal stays blocked outside of KVM_RUN, so it runs no handler, hits no other thread, and cannot come too early:
/// when it is pending already, KVM_RUN returns at once.
struct KVMDeadline: ~Copyable {
    static let signal = SIGALRM

    private let timer: Int32
    private let mask: sigset_t

    /// - Throws: the `Errno` of timer_create(2).
    init(milliseconds: Int) throws(Errno) {
        var alone = sigset_t()
        var mask = sigset_t()
        sigemptyset(&alone)
        sigaddset(&alone, Self.signal)
        pthread_sigmask(SIG_BLOCK, &alone, &mask)

        var timer: Int32 = 0
        guard mv_timer_start(Self.signal, milliseconds, &timer) == 0 else {
            let error = Errno(rawValue: errno)
            pthread_sigmask(SIG_SETMASK, &mask, nil)
            throw error
        }
        self.timer = timer
        self.mask = mask
    }

    deinit {
        mv_timer_delete(timer)
        // A signal that came is taken away before it can be delivered.
        var alone = sigset_t()
        sigemptyset(&alone)
        sigaddset(&alone, Self.signal)
        var none = timespec()
        while sigtimedwait(&alone, nil, &none) == Self.signal {}
        var mask = mask
        pthread_sigmask(SIG_SETMASK, &mask, nil)
    }
}
