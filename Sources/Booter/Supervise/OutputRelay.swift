import Glibc
import LinuxSupport

/// Passes what QEMU writes on to one of this process's own outputs, and keeps the last of it.
///
/// It never waits for a reader: while that takes nothing, QEMU's next output stays in the socket, as it would if QEMU wrote there itself.
struct OutputRelay: ~Copyable {
    private var source: OwnedDescriptor?
    /// Not owned: 1 or 2.
    let target: Int32
    private(set) var recent: ByteRing
    private var pending: ArraySlice<UInt8> = []
    private var isTargetOpen = true
    /// What one write(2) takes: where poll(2) says that a terminal can be written, there is room for a little.
    private static let portion = 512

    init(to target: Int32, keeping limit: Int) {
        self.target = target
        recent = ByteRing(limit: limit)
    }

    mutating func attach(_ descriptor: consuming OwnedDescriptor) { source = consume descriptor }

    /// What poll(2) has to watch: the source while nothing is pending, else the target.
    var watched: (descriptor: Int32, events: Int16)? {
        if !pending.isEmpty { return (target, Int16(POLLOUT)) }
        return switch source {
        case .some(let source): (source.rawValue, Int16(POLLIN))
        case .none: nil
        }
    }

    /// Reads once or writes once, whichever was watched.
    /// - Returns: what was read.
    mutating func move() -> [UInt8] {
        guard pending.isEmpty else {
            write()
            return []
        }
        return read()
    }

    /// Everything that QEMU has left in the socket after its end.
    mutating func drain() -> [UInt8] {
        var all: [UInt8] = []
        while source != nil {
            let bytes = read()
            if bytes.isEmpty { break }
            all += bytes
        }
        source = nil
        return all
    }

    /// Writes what is pending, as long as the target takes it at once.
    mutating func flush(until deadline: ContinuousClock.Instant) {
        while !pending.isEmpty, ContinuousClock.now < deadline {
            var polled = pollfd(fd: target, events: Int16(POLLOUT), revents: 0)
            guard poll(&polled, 1, PollDeadline(deadline).milliseconds) > 0 else { continue }
            write()
        }
    }

    private mutating func read() -> [UInt8] {
        guard let raw = rawSource else { return [] }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            recent.append(buffer[..<count])
            if isTargetOpen { pending += buffer[..<count] }
            return Array(buffer[..<count])
        }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { source = nil }
        return []
    }

    private var rawSource: Int32? {
        switch source {
        case .some(let source): source.rawValue
        case .none: nil
        }
    }

    private mutating func write() {
        let portion = pending.prefix(Self.portion)
        let count = portion.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
        if count >= 0 {
            pending = pending.dropFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            // Whoever read it has gone; the guest goes on.
            (isTargetOpen, pending) = (false, [])
        }
    }
}
