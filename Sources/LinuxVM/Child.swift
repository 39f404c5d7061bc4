import Foundation
import Glibc
import LinuxSupport
import SystemPackage

/// QEMU as a child process that cannot outlive this one.
///
/// It is in a process group of its own, so that Ctrl-C on the terminal is ours; its standard input and output are a socket.
final class Child: Sendable {
    /// How it ended: the exit status, or 128 and the signal's number.
    typealias Ending = @Sendable (Int32) -> Void

    let identifier: pid_t
    /// What it writes to its standard output, and reads from its standard input.
    let console: OwnedDescriptor

    private init(_ identifier: pid_t, _ console: consuming OwnedDescriptor) {
        self.identifier = identifier
        self.console = console
    }

    /// Starts a program, which inherits the environment and standard error; `ended` is called once.
    /// - Throws: the `Errno` of socketpair(2) or posix_spawn(3).
    static func start(_ path: FilePath, _ arguments: [String], ended: @escaping Ending) async throws(Errno) -> Child {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        let near = OwnedDescriptor(adopting: ends[0])
        let far = ends[1]
        let started: Result<pid_t, Errno> = await withCheckedContinuation { continuation in
            // A thread that lives as long as the child: the kernel ends the child with the thread that made it (PR_SET_PDEATHSIG).
            Thread.detachNewThread {
                do throws(Errno) {
                    let identifier = try spawn(path.string, arguments, far)
                    close(far)
                    continuation.resume(returning: .success(identifier))
                    ended(wait(identifier))
                } catch {
                    close(far)
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return Child(try started.get(), near)
    }

    func send(_ signal: Int32) { kill(identifier, signal) }

    private static func spawn(_ path: String, _ arguments: [String], _ console: Int32) throws(Errno) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for target: Int32 in [0, 1] { posix_spawn_file_actions_adddup2(&actions, console, target) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Neither what we block nor what we ignore.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var ignored = none
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&ignored, signal) }
        posix_spawnattr_setsigdefault(&attributes, &ignored)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let argv = ([path] + arguments).map { strdup($0) }
        defer { for pointer in argv { free(pointer) } }
        var identifier: pid_t = 0
        let result = posix_spawn(&identifier, path, &actions, &attributes, argv + [nil], environ)
        if result != 0 { throw Errno(rawValue: result) }
        return identifier
    }

    /// WIFSIGNALED, WTERMSIG and WEXITSTATUS of bits/waitstatus.h.
    private static func wait(_ identifier: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}
