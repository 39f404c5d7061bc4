import CLinux
import Glibc
import LinuxSupport
import SystemPackage

/// Starts other programs. There are two: QEMU, to be asked what it can do, and dnsmasq.
enum Spawn {
    /// A new process with these descriptors for 0, 1 and 2, and nothing else of ours: every descriptor is close-on-exec.
    ///
    /// - Throws: the `Errno` of posix_spawn(3).
    static func start(
        _ path: String, _ arguments: [String], environment: [String], input: Int32, output: Int32, error: Int32
    ) throws(Errno) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (source, target) in [(input, 0), (output, 1), (error, 2)] as [(Int32, Int32)] {
            posix_spawn_file_actions_adddup2(&actions, source, target)
        }
        // A mask that blocks signals would be inherited, and keep the child from ending by one.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var identifier: pid_t = 0
        let result = CStrings.with([path] + arguments) { argv in
            CStrings.with(environment) { envp in posix_spawn(&identifier, path, &actions, &attributes, argv, envp) }
        }
        if result != 0 { throw Errno(rawValue: result) }
        return identifier
    }

    /// Runs a program that answers by its exit status: 0...255, or 128 + the signal that ended it.
    ///
    /// - Returns: the status, and the first 64 KiB of what it wrote to standard error, which it must not leave open to a child.
    static func run(_ path: String, _ arguments: [String]) throws(Errno) -> (status: Int32, errors: String) {
        var ends: [Int32] = [-1, -1]
        // A socket pair, since pipe(2) cannot be close-on-exec at once.
        if socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) != 0 { throw Errno(rawValue: errno) }
        let near = OwnedDescriptor(adopting: ends[0])
        let far = OwnedDescriptor(adopting: ends[1])
        let null = try OwnedDescriptor(opening: "/dev/null", .readWrite)
        let identifier = try start(
            path, arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], input: null.rawValue, output: null.rawValue,
            error: far.rawValue)
        far.close()
        let errors = drain(near.descriptor)
        return (wait(identifier), errors)
    }

    private static func drain(_ descriptor: FileDescriptor) -> String {
        var errors: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let count = try? buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
            errors += buffer[..<count].prefix(max(0, 65_536 - errors.count))
        }
        return String(decoding: errors, as: UTF8.self)
    }

    /// WIFSIGNALED, WTERMSIG and WEXITSTATUS of bits/waitstatus.h.
    static func wait(_ identifier: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}
