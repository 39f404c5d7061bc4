import Glibc
package import SystemPackage

/// Two connected sockets: one end for this process, the other for a child.
///
/// Not a pipe: pipe(2) cannot make its ends close-on-exec at once, and writing to a dead child would raise SIGPIPE.
package struct SocketPair: ~Copyable {
    package let near: OwnedDescriptor
    package let far: OwnedDescriptor

    /// - Throws: the `Errno` of socketpair(2).
    package init() throws(Errno) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        near = OwnedDescriptor(adopting: ends[0])
        far = OwnedDescriptor(adopting: ends[1])
    }

    /// The near end, for a child that has the far one.
    package consuming func closeFar() -> OwnedDescriptor { near }
}
