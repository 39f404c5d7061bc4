import CLinux
import Glibc
package import SystemPackage

/// A program that can be started as a child process.
///
/// The child gets three descriptors and those that are passed to it, and nothing else of ours, because every other one is close-on-exec;
/// no signal is blocked or ignored in it.
package struct Spawn: Sendable {
    package var path: String
    /// Without the program's own name, which is `path`.
    package var arguments: [String]
    /// The whole environment, NAME=VALUE.
    package var environment: [String]
    /// Further descriptors of ours, and their numbers in the child; each number from 3 and once.
    package var passed: [(descriptor: Int32, number: Int32)] = []
    /// umask(2); nil keeps ours.
    package var fileModeMask: UInt16?
    /// No program that it executes gives it more privileges (PR_SET_NO_NEW_PRIVS).
    package var isRestricted = false
    /// The kernel kills it when the thread that started it ends, for whatever reason (PR_SET_PDEATHSIG).
    ///
    /// Not its own children; and no longer once it has changed its user.
    package var endsWithParent = false
    /// A process group of its own: Ctrl-C at the terminal does not reach it.
    package var hasOwnGroup = false
    /// It runs as user and group nobody, without further groups and without a way to gain privileges.
    ///
    /// It stays what we are where that is not permitted: without CAP_SETUID there is little to give up.
    package var isNobody = false
    /// A directory that is empty for it: an absolute path. Left as it is where the kernel permits no mount namespace.
    package var hiddenDirectory: String?

    /// overflowuid(5): an ID that owns nothing, whatever /etc/passwd calls it.
    private static let nobody: UInt32 = 65_534

    package init(_ path: String, _ arguments: [String], environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// Starts it with these descriptors for 0, 1 and 2.
    /// - Throws: the `Errno` of clone(2), of execve(2), or of what has to be done before.
    package func start(input: Int32, output: Int32, error: Int32) throws(Errno) -> ChildProcess {
        guard passed.count <= MV_SPAWN_PASSED, passed.allSatisfy({ $0.number >= 3 }) else { throw .invalidArgument }
        var request = mv_spawn()
        request.mask = fileModeMask.map { Int32($0) } ?? -1
        request.restricted = isRestricted ? 1 : 0
        (request.input, request.output, request.error) = (input, output, error)
        request.ends_with_parent = endsWithParent ? 1 : 0
        request.own_group = hasOwnGroup ? 1 : 0
        request.changes_user = isNobody && geteuid() == 0 ? 1 : 0
        (request.user, request.group) = (Self.nobody, Self.nobody)
        path.withCString { path in
            CStrings.with([self.path] + arguments) { argv in
                CStrings.with(environment) { envp in
                    argv.withUnsafeBufferPointer { argv in
                        envp.withUnsafeBufferPointer { envp in
                            request.path = path
                            request.arguments = argv.baseAddress
                            request.environment = envp.baseAddress
                            withPassed(&request) { request in
                                guard let hiddenDirectory else { return mv_spawn_start(&request) }
                                hiddenDirectory.withCString {
                                    request.hidden = $0
                                    mv_spawn_start(&request)
                                }
                            }
                        }
                    }
                }
            }
        }
        guard request.process > 0 else { throw Errno(rawValue: request.failure) }
        let handle = request.pidfd >= 0 ? ProcessHandle(adopting: OwnedDescriptor(adopting: request.pidfd)) : nil
        var child = ChildProcess(request.process, handle)
        guard request.failure == 0 else {
            _ = child.wait()
            throw Errno(rawValue: request.failure)
        }
        return child
    }

    private func withPassed(_ request: inout mv_spawn, _ body: (inout mv_spawn) -> Void) {
        passed.map(\.descriptor).withUnsafeBufferPointer { descriptors in
            passed.map(\.number).withUnsafeBufferPointer { numbers in
                (request.passed, request.numbers) = (descriptors.baseAddress, numbers.baseAddress)
                request.passed_count = Int32(descriptors.count)
                body(&request)
            }
        }
    }

    /// Runs it to its end, with nothing to read.
    /// - Parameter limit: how long it may take. Then it is killed, and not what it has started.
    /// - Returns: how it ended, and the first 64 KiB of what it wrote to standard error, which it must not leave open to a child.
    /// - Throws: as `start`, the `Errno` of making the descriptors, and `.timedOut`.
    package func run(within limit: Duration = .seconds(10)) throws(Errno) -> (status: WaitStatus, errors: String) {
        let deadline = ContinuousClock.now + limit
        let pair = try SocketPair()
        let null = try OwnedDescriptor(opening: "/dev/null", .readWrite)
        var child = try start(input: null.rawValue, output: null.rawValue, error: pair.far.rawValue)
        let near = pair.closeFar()
        // The end of the child's owner kills it.
        guard let errors = Self.drain(near.descriptor, until: deadline), let status = child.wait(until: deadline) else { throw .timedOut }
        return (status, errors)
    }

    /// nil when it is still open at `deadline`.
    private static func drain(_ descriptor: FileDescriptor, until deadline: ContinuousClock.Instant) -> String? {
        var errors: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            guard PollDeadline(deadline).wait(for: descriptor.rawValue) else { return nil }
            guard let count = try? buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 else { break }
            errors += buffer[..<count].prefix(max(0, 65_536 - errors.count))
        }
        return String(decoding: errors, as: UTF8.self)
    }
}
