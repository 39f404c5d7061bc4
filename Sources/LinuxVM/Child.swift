import Foundation
import Glibc
import LinuxSupport
package import SystemPackage

/// QEMU as a child process that cannot outlive this one.
///
/// It has its own process group, so Ctrl-C at the terminal reaches only this process. Its standard input and output are a socket.
package final class Child: Sendable {
    /// How it ended: the exit status, or 128 plus the signal's number.
    package typealias Ending = @Sendable (Int32) -> Void

    let identifier: pid_t
    /// The other end of its standard input and output.
    let console: OwnedDescriptor
    private let handle: ProcessHandle

    private init(_ identifier: pid_t, _ handle: consuming ProcessHandle, _ console: consuming OwnedDescriptor) {
        self.identifier = identifier
        self.handle = handle
        self.console = console
    }

    /// Starts a program, which inherits the environment; `ended` is called once.
    /// - Parameter errors: its standard error, which has to be open until this returns.
    /// - Throws: the `Errno` of socketpair(2), or of starting the program.
    package static func start(
        _ path: FilePath, _ arguments: [String], errors: Int32 = STDERR_FILENO, ended: @escaping Ending
    ) async throws(Errno) -> Child {
        let started: Result<Child, Errno> = await withCheckedContinuation { continuation in
            // A thread that lives as long as the child: the kernel kills the child when the thread that started it ends.
            Thread.detachNewThread {
                do throws(Errno) {
                    var process = try spawn(path, arguments, errors, continuation)
                    ended(process.wait().shellCode)
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try started.get()
    }

    /// Does nothing if it has ended.
    package func send(_ signal: Int32) { try? handle.send(signal) }

    private static func spawn(
        _ path: FilePath, _ arguments: [String], _ errors: Int32, _ continuation: CheckedContinuation<Result<Child, Errno>, Never>
    ) throws(Errno) -> ChildProcess {
        let pair = try SocketPair()
        var spawn = Spawn(path.string, arguments, environment: environment)
        spawn.endsWithParent = true
        spawn.hasOwnGroup = true
        let far = pair.far.rawValue
        let process = try spawn.start(input: far, output: far, error: errors)
        let handle = try ProcessHandle(process.identifier)
        continuation.resume(returning: .success(Child(process.identifier, handle, pair.closeFar())))
        return process
    }

    private static var environment: [String] { ProcessInfo.processInfo.environment.map { $0 + "=" + $1 } }
}
