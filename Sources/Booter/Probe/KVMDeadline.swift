import CLinux
import Glibc
import SystemPackage

/// A moment after which KVM_RUN of this thread comes back, whatever the guest does.
///
/// The signal stays blocked outside of KVM_RUN, so it runs no handler, hits no other thread, and cannot come too early:
/// when it is pending already, KVM_RUN returns at once.
struct KVMDeadline: ~Copyable {
    static let signal = SIGALRM

    /// A timer's number dressed as a pointer: the first timer of a process is 0, and so nil.
    private let timer: timer_t?
    private let mask: sigset_t

    /// - Throws: the `Errno` of timer_create(2) or timer_settime(2).
    init(milliseconds: Int) throws(Errno) {
        var alone = sigset_t()
        var mask = sigset_t()
        sigemptyset(&alone)
        sigaddset(&alone, Self.signal)
        pthread_sigmask(SIG_BLOCK, &alone, &mask)

        var timer: timer_t?
        var value = itimerspec()
        value.it_value.tv_sec = milliseconds / 1000
        value.it_value.tv_nsec = milliseconds % 1000 * 1_000_000
        let created = mv_timer_for_thread(Self.signal, &timer) == 0
        guard created, timer_settime(timer, 0, &value, nil) == 0 else {
            let error = Errno(rawValue: errno)
            if created { timer_delete(timer) }
            pthread_sigmask(SIG_SETMASK, &mask, nil)
            throw error
        }
        self.timer = timer
        self.mask = mask
    }

    deinit {
        timer_delete(timer)
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
