package import Diagnostics
import Foundation
import Subprocess
package import SystemPackage

/// A program of another package that does part of the work.
///
/// Each runs in a process group of its own: Ctrl-C reaches this program alone, which ends the tool and its children.
package struct Tool: Equatable, Sendable {
    /// A name in PATH, or a path.
    package let name: String
    /// The Debian package that contains it.
    package let package: String

    package init(_ name: String, from package: String) {
        self.name = name
        self.package = package
    }

    /// Its path: from PATH, then from the directories that only root's PATH has.
    /// - Throws: `osFile`, with the package to install.
    package func find() throws(OperationError) -> FilePath {
        guard let found = path else { throw Self.missing([self]) }
        return found
    }

    /// Checks several tools at once, before work begins.
    /// - Throws: `osFile`, with one command that installs the packages of all missing tools.
    package static func require(_ tools: [Tool]) throws(OperationError) {
        let absent = tools.filter { $0.path == nil }
        if !absent.isEmpty { throw missing(absent) }
    }

    private var path: FilePath? {
        if name.contains("/") { return FilePath(name) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return (path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin"])
            .map { FilePath($0).appending(name) }.first { FileManager.default.isExecutableFile(atPath: $0.string) }
    }

    private static func missing(_ tools: [Tool]) -> OperationError {
        let packages = Set(tools.map(\.package)).sorted().joined(separator: " ")
        return OperationError(
            "find", tools.map(\.name).joined(separator: ", "),
            cause: tools.count == 1 ? "there is no such program in PATH" : "there are no such programs in PATH",
            remedy: "install \(tools.count == 1 ? "it" : "them") (Debian: apt-get install \(packages))", exit: .osFile)
    }

    /// Runs it to its end and returns its standard output.
    ///
    /// - Parameters:
    ///   - input: for its standard input.
    ///   - environment: added to this process's environment, as are the settings that make its output reproducible.
    ///   - accepted: exit codes that do not mean failure.
    /// - Throws: `osFile`; `software` when it fails, with the last lines that it printed; `cantCreate` when the disk is full;
    ///   `interrupted`.
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
                workingDirectory: directory, platformOptions: Self.options, input: .string(input), output: .string(limit: 64 << 20),
                error: .string(limit: 4 << 20))
            (status, output, complaint) = (result.terminationStatus, result.standardOutput, result.standardError)
        } catch {
            throw failure(cause: String(describing: error))
        }
        try check(status, accepted, said: complaint.isEmpty ? output : complaint)
        return output
    }

    /// As `run`, but passes each line of its standard output to `each` as soon as it arrives.
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
                workingDirectory: directory, platformOptions: Self.options, input: .none, output: .sequence, error: .string(limit: 4 << 20)
            ) { execution in
                for try await line in execution.standardOutput.strings() { each(line) }
            }
            (status, complaint) = (result.terminationStatus, result.standardError)
        } catch {
            throw failure(cause: String(describing: error))
        }
        try check(status, [0], said: complaint)
    }

    /// As `run`, but the tool writes its standard output into a file, from the file's position on: no byte passes through this process.
    ///
    /// The position is shared with the tool: it tells how far the tool is, and afterwards how much it wrote.
    /// - Returns: the exit code, whatever it is, and what the tool said on standard error.
    /// - Throws: `osFile`; `software` when a signal ended it; `interrupted`.
    package func write(
        _ arguments: [String], input: String = "", to file: FileDescriptor
    ) async throws(OperationError) -> (code: Int32, said: String) {
        let program = try find()
        let status: TerminationStatus
        let complaint: String
        do {
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments), environment: Self.environment(adding: [:]), platformOptions: Self.options,
                input: .string(input), output: .fileDescriptor(file, closeAfterSpawningProcess: false), error: .string(limit: 4 << 20))
            (status, complaint) = (result.terminationStatus, result.standardError)
        } catch {
            throw failure(cause: String(describing: error))
        }
        if Task.isCancelled { throw Interruption.failure }
        switch status {
        case .exited(let code): return (code, complaint)
        case .signaled(let signal): throw failure(cause: Self.tail(complaint, or: "ended by signal \(signal)"))
        }
    }

    private func check(_ status: TerminationStatus, _ accepted: Set<Int32>, said: String) throws(OperationError) {
        if Task.isCancelled { throw Interruption.failure }
        switch status {
        case .exited(let code) where accepted.contains(code): return
        case .exited(let code): throw failure(cause: Self.tail(said, or: "exit code \(code)"))
        case .signaled(let signal): throw failure(cause: Self.tail(said, or: "ended by signal \(signal)"))
        }
    }

    private func failure(cause: String) -> OperationError {
        if Task.isCancelled { return Interruption.failure }
        // strerror(3); unzip and mtools have their own words.
        if ["No space left on device", "disk full", "Disk full"].contains(where: cause.contains) {
            return OperationError("run", name, cause: cause, remedy: DraftFile.makeRoom, exit: .cantCreate)
        }
        return OperationError("run", name, cause: cause, exit: .software)
    }

    /// A group of its own, which is ended as a whole: apt-get and unshare have children.
    private static var options: PlatformOptions {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))]
        return options
    }

    private static func environment(adding more: [String: String]) -> Subprocess.Environment {
        let all = Reproducible.environment.merging(more) { $1 }
        return .inherit.updating(Dictionary(uniqueKeysWithValues: all.map { (Subprocess.Environment.Key(stringLiteral: $0), $1) }))
    }

    /// The last lines that a tool printed, each once and safe to print: the reason is there, and the rest can be long.
    static func tail(_ text: String, or other: String) -> String {
        var lines: [Substring] = []
        for line in text.split(whereSeparator: \.isNewline) {
            // Retries repeat themselves.
            lines.removeAll { $0 == line }
            lines.append(line)
        }
        return lines.isEmpty ? other : lines.suffix(6).map(\.printable).joined(separator: "\n    ")
    }
}

/// What makes the same inputs give the same bytes.
package enum Reproducible {
    /// Every time stamp in an image, in seconds since 1970: 1980-01-01, the first day that FAT can store.
    package static let epoch = 315_532_800

    /// For each tool: no language, no time zone, no clock (reproducible-builds.org/specs/source-date-epoch).
    static let environment = ["LC_ALL": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": String(epoch)]
}
