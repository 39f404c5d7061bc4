import Foundation
import Glibc
import LinuxSupport
import SystemPackage

/// Carries the VM's serial console to this terminal, and the keys back.
///
/// QEMU does not get the terminal itself: its process group is in the background, and the kernel stops background readers.
struct SerialRelay {
    let child: Child

    /// Until the child closes its end; then `drained` is called once, with the exit code of a `boot` that failed.
    func start(drained: @escaping @Sendable (Int32?) -> Void) {
        Thread.detachNewThread { [child] in
            var failure = BootFailure()
            copy(from: child.console.descriptor, to: .standardOutput) { failure.read($0) }
            drained(failure.code)
        }
        // In the background, reading from the terminal would stop this process.
        guard isatty(STDIN_FILENO) == 0 || tcgetpgrp(STDIN_FILENO) == getpgrp() else { return }
        Thread.detachNewThread { [child] in
            copy(from: .standardInput, to: child.console.descriptor) { _ in }
            shutdown(child.console.rawValue, Int32(SHUT_WR))
        }
    }

    private func copy(from source: FileDescriptor, to target: FileDescriptor, seeing: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        // A closed output does not end the VM: the rest is read and discarded.
        var isOpen = true
        while let count = try? buffer.withUnsafeMutableBytes({ try source.read(into: $0) }), count > 0 {
            guard isOpen || source == child.console.descriptor else { return }
            seeing(buffer[..<count])
            if isOpen { isOpen = (try? target.writeAll(buffer[..<count])) != nil }
        }
    }
}

/// The terminal without line editing and echo, which the VM's console does itself. Ctrl-C and the like still send signals.
struct RawTerminal: ~Copyable {
    private let before: termios

    /// nil when standard input is not a terminal, or this process is in its background.
    init?() {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetpgrp(STDIN_FILENO) == getpgrp(), tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    deinit {
        var settings = before
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
}
