import Foundation

/// Commands of the machine, as independent witnesses of what our code did.
enum Shell {
    struct Result: Sendable, CustomStringConvertible {
        let command: String
        let status: Int32
        let output: String
        let errors: String

        var succeeded: Bool { status == 0 }
        var description: String { "\(command)\nstatus \(status)\n\(output)\(errors)" }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Beside this file: guest-link, peer.
    static let tools = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Tools").path

    /// Runs a line of sh, within a namespace if one is given; killed after `timeout` seconds with status 124 or 137.
    @discardableResult
    static func run(_ line: String, in namespace: Int32? = nil, timeout: Int = 20) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["-k", "2", "\(timeout)"] + words(line, namespace)
        let output = FileManager.default.temporaryDirectory.appending(path: "out-\(UUID().uuidString)")
        let errors = output.appendingPathExtension("errors")
        // Files rather than pipes: a child that outlives the command cannot keep us reading.
        for file in [output, errors] { try Data().write(to: file) }
        defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return Result(
            command: line, status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// As `run`, and a failure of the command is one of the test.
    @discardableResult
    static func must(_ line: String, in namespace: Int32? = nil, timeout: Int = 20) throws -> String {
        let result = try run(line, in: namespace, timeout: timeout)
        guard result.succeeded else { throw Failure(description: "\(result)") }
        return result.output
    }

    static func words(_ line: String, _ namespace: Int32?) -> [String] {
        let shell = ["/bin/sh", "-c", line]
        return namespace.map { ["nsenter", "-t", "\($0)", "-n"] + shell } ?? shell
    }
}

/// The owner of a program that runs beside the test; ended when it goes out of scope.
struct Background: ~Copyable {
    private let process = Process()
    private let log = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")

    var pid: Int32 { process.processIdentifier }

    /// Everything that it has written so far.
    var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Starts a line of sh, and waits until it has written `ready`; with nil it does not wait.
    init(_ line: String, in namespace: Int32? = nil, ready: String? = nil) throws {
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        // The last program of the line takes the shell's place, so that ending the process ends it.
        let words = Shell.words("exec " + line, namespace)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        if let ready { try expect(ready) }
    }

    /// Waits until it has written `word`.
    func expect(_ word: String, timeout: TimeInterval = 15) throws {
        let end = Date().addingTimeInterval(timeout)
        while !text.contains(word) {
            guard process.isRunning, Date() < end else {
                throw Shell.Failure(description: "waiting for '\(word)' of \(process.arguments ?? []):\n\(text)")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// Ends it and waits until it is gone.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        let end = Date().addingTimeInterval(3)
        while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.01) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: log)
    }
}
