package import SystemPackage

/// Why a command was not carried out.
package enum MonitorError: Error, Equatable, Sendable {
    /// Nobody listens at the socket, or this process may not use it.
    case unreachable(Errno)
    /// The connection broke.
    case failed(Errno)
    /// QEMU has closed the connection: it has ended, or is about to.
    case closed
    /// No answer within this time. Another client may hold the socket, which QEMU serves to one at a time.
    case timedOut(Duration)
    case refused(command: String, Refusal)
    /// The guest has not let a device go that is to be unplugged.
    case held(device: String)
    case violation(ProtocolError)
    /// The task was cancelled.
    case cancelled

    /// What a failed send or receive means: a process that ends with unread bytes resets its connections.
    package init(broken error: Errno) { self = error == .connectionReset || error == .brokenPipe ? .closed : .failed(error) }
}
