import Glibc
import LinuxSupport
import Synchronization
package import SystemPackage

/// The mailbox in the image of the script's disk, while QEMU writes to it.
package final class MailboxFile: Sendable {
    private let file: OwnedDescriptor
    private let offset: Int
    private struct State {
        var mailbox = Mailbox()
        /// Nothing is read before QEMU has answered.
        var isOpen = false
    }
    private let state = Mutex(State())

    /// - Throws: the `Errno` of opening the image.
    package init(_ image: FilePath, at offset: Int) throws(Errno) {
        file = try OwnedDescriptor(opening: image, .readOnly)
        self.offset = offset
    }

    package func open() { state.withLock { $0.isOpen = true } }

    /// Passes on the messages since the last call. One caller at a time, so that they stay in their order.
    package func poll(_ each: (Mailbox.Message) -> Void) {
        state.withLock { state in
            guard state.isOpen else { return }
            var ring = [UInt8](repeating: 0, count: Mailbox.size)
            let count = ring.withUnsafeMutableBytes { pread(file.rawValue, $0.baseAddress, $0.count, offset) }
            guard count > 0 else { return }
            for message in state.mailbox.take(Array(ring[..<count])) { each(message) }
        }
    }
}
