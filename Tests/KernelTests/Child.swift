import Foundation
import Synchronization

/// A child process, waited for by waitpid(2).
///
/// Foundation's Process learns of the end by a descriptor that other children may inherit, and then waits for those too.
final class Child: Sendable {
    let pid: Int32
    /// The exit status once it is known; 128 and the signal's number for a process that one ended.
    private let status = Mutex<Int32?>(nil)

    /// Starts a program of PATH with nothing to read, and files to write to that are made anew.
    init(_ words: [String], output: String, errors: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // Tests run on threads that block signals, and a child would block them too: SIGTERM would never reach it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, words.first ?? "", &actions, &attributes, &arguments, environ)
        guard error == 0 else { throw Shell.Failure(description: "\(words): \(String(cString: strerror(error)))") }
        self.pid = pid
    }

    var isRunning: Bool { poll(WNOHANG) == nil }

    func wait() -> Int32 { poll(0) ?? -1 }

    /// Asks it to end, and makes it after three seconds.
    func end() {
        guard isRunning else { return }
        kill(pid, SIGTERM)
        for _ in 0..<300 where isRunning { usleep(10_000) }
        if isRunning { kill(pid, SIGKILL) }
        _ = wait()
    }

    private func poll(_ options: Int32) -> Int32? {
        status.withLock { status in
            if let status { return status }
            var raw: Int32 = 0
            var result: pid_t
            repeat { result = waitpid(pid, &raw, options) } while result < 0 && errno == EINTR
            guard result != 0 else { return nil }
            status = result < 0 ? -1 : raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + (raw & 0x7f)
            return status
        }
    }
}
