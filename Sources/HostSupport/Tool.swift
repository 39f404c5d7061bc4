package import Diagnostics
import Foundation
import Subprocess
package import SystemPackage

/// A program of another package that does part of the work.
package struct Tool: Equatable, Sendable {
    /// As in PATH, or a path.
    package let name: String
    /// The Debian package that has it.
    package let package: String

    package init(_ name: String, from package: String) {
        self.name = name
        self.package = package
    }

    /// Where it is: PATH, then the directories that only root's PATH has.
    /// - Throws: `osFile`, with the package to install.
    package func find() throws(OperationError) -> FilePath {
        if name.contains("/") { return FilePath(name) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin"] {
            let candidate = FilePath(directory).appending(name)
            if FileManager.default.isExecutableFile(atPath: candidate.string) { return candidate }
        }
        throw OperationError(
            "find", name, cause: "there is no such program in PATH", remedy: "install it (Debian: apt-get install \(package))",
            exit: .osFile)
    }

    /// Runs it to its end and returns its standard output.
    ///
    /// - Parameters:
    ///   - input: what it reads on its standard input.
    ///   - environment: added to this process's, as are the settings that make its output reproducible.
    ///   - accepted: exit codes that are no failure.
    /// - Throws: `osFile`; `software` when it fails, with the last lines of what it said; `interrupted`.
    @discardableResult
    package func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], directory: FilePath? = nil,
        accepted: Set<Int32> = [0]
    ) async throws(OperationError) -> String {
        let program = try find()
        let status: TerminationStatus
        let (output, complaint): (String, String)
        do {
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments), environment: Self.environment(adding: environment),
                workingDirectory: directory, input: .string(input), output: .string(limit: 64 << 20), error: .string(limit: 4 << 20))
            (status, output, complaint) = (result.terminationStatus, result.standardOutput, result.standardError)
        } catch {
            throw failure(cause: String(describing: error))
        }
        try check(status, accepted, said: complaint.isEmpty ? output : complaint)
        return output
    }

    /// As `run`, with each line of its standard output shown to `each` as soon as it comes.
    package func follow(
        _ arguments: [String], environment: [String: String] = [:], directory: FilePath? = nil,
        each: @escaping @Sendable (String) -> Void
    ) async throws(OperationError) {
        let program = try find()
        let status: TerminationStatus
        let complaint: String
        do {
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments), environment: Self.environment(adding: environment),
                workingDirectory: directory, input: .none, output: .sequence, error: .string(limit: 4 << 20)
            ) { execution in
                for try await line in execution.standardOutput.strings() { each(line) }
            }
            (status, complaint) = (result.terminationStatus, result.standardError)
        } catch {
            throw failure(cause: String(describing: error))
        }
        try check(status, [0], said: complaint)
    }

    private func check(_ status: TerminationStatus, _ accepted: Set<Int32>, said: String) throws(OperationError) {
        if Task.isCancelled { throw OperationError("", "", cause: "interrupted", exit: .interrupted) }
        switch status {
        case .exited(let code) where accepted.contains(code): return
        case .exited(let code): throw failure(cause: Self.tail(said, or: "exit code \(code)"))
        case .signaled(let signal): throw failure(cause: Self.tail(said, or: "ended by signal \(signal)"))
        }
    }

    private func failure(cause: String) -> OperationError {
        if Task.isCancelled { return OperationError("", "", cause: "interrupted", exit: .interrupted) }
        if cause.contains("No space left on device") {
            return OperationError("run", name, cause: cause, remedy: "make room, or choose another directory", exit: .cantCreate)
        }
        return OperationError("run", name, cause: cause, exit: .software)
    }

    private static func environment(adding more: [String: String]) -> Subprocess.Environment {
        let all = Reproducible.environment.merging(more) { $1 }
        return .inherit.updating(Dictionary(uniqueKeysWithValues: all.map { (Subprocess.Environment.Key(stringLiteral: $0), $1) }))
    }

    /// The last lines of what a tool said: the reason is there, and the rest can be long.
    private static func tail(_ text: String, or other: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).suffix(6)
        return lines.isEmpty ? other : lines.joined(separator: "\n    ")
    }
}
