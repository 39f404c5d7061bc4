import CLinux
import Glibc
package import SystemPackage

/// A process, by a descriptor: a signal reaches it, and no other process that has got its number since.
///
/// The corresponding C functions are `pidfd_open` and `pidfd_send_signal`.
package struct ProcessHandle: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// - Throws: the `Errno` of pidfd_open(2): `.noSuchProcess` when there is none.
    package init(_ identifier: Int32) throws(Errno) {
        let raw = mv_pidfd_open(identifier)
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        descriptor = OwnedDescriptor(adopting: raw)
    }

    init(adopting descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// - Throws: the `Errno` of pidfd_send_signal(2): `.noSuchProcess` when it has ended.
    package func send(_ signal: Int32) throws(Errno) {
        if mv_pidfd_send_signal(descriptor.rawValue, signal) != 0 { throw Errno(rawValue: errno) }
    }

    /// For poll(2): readable when the process has ended.
    package var rawValue: Int32 { descriptor.rawValue }

    /// Whether it has ended, once it has or at `deadline`.
    package func hasEnded(before deadline: ContinuousClock.Instant) -> Bool { PollDeadline(deadline).wait(for: descriptor.rawValue) }
}
