import Glibc
import LinuxSupport

/// What is typed for the guest's serial port: by this process's standard input and by consoles, in the order in which it comes.
///
/// It never waits for the guest: while that takes nothing, nothing is read either.
struct GuestInput: ~Copyable {
    private var target: OwnedDescriptor?
    private var pending: ArraySlice<UInt8> = []
    private var isInputOpen = true
    private static let limit = 4096

    /// Whether something may be read for it.
    var hasRoom: Bool { rawTarget != nil && pending.count < Self.limit }

    /// - Parameter descriptor: leads to QEMU's standard input.
    mutating func attach(_ descriptor: consuming OwnedDescriptor) {
        target = consume descriptor
        pending = []
    }

    /// QEMU has ended.
    mutating func detach() {
        target = nil
        pending = []
    }

    /// What poll(2) has to watch.
    var watched: [(descriptor: Int32, events: Int16)] {
        guard let rawTarget else { return [] }
        var watched: [(Int32, Int16)] = pending.isEmpty ? [] : [(rawTarget, Int16(POLLOUT))]
        if hasRoom, isInputOpen, !TerminalState.isInBackground { watched.append((STDIN_FILENO, Int16(POLLIN))) }
        return watched
    }

    mutating func append(_ bytes: some Collection<UInt8>) {
        guard rawTarget != nil else { return }
        pending += bytes
        write()
    }

    /// Reads and writes what was watched and is ready.
    mutating func move(_ ready: [Int32]) {
        let watched = watched.map(\.descriptor)
        if watched.contains(STDIN_FILENO), ready.contains(STDIN_FILENO) { read() }
        if let rawTarget, ready.contains(rawTarget), !pending.isEmpty { write() }
    }

    private mutating func read() {
        var buffer = [UInt8](repeating: 0, count: Self.limit)
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        if count > 0 {
            append(buffer[..<count])
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            isInputOpen = false
        }
    }

    private mutating func write() {
        guard let rawTarget else { return }
        let count = pending.withUnsafeBytes { send(rawTarget, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) }
        if count >= 0 {
            pending = pending.dropFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            // QEMU has closed it; its process tells the rest.
            pending = []
        }
    }

    private var rawTarget: Int32? {
        switch target {
        case .some(let target): target.rawValue
        case .none: nil
        }
    }
}
