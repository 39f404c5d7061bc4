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
        let output = FileManager.default.temporaryDirectory.appending(path: "out-\(UUID().uuidString)")
        let errors = output.appendingPathExtension("errors")
        defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
        let child = try Child(["timeout", "-k", "2", "\(timeout)"] + words(line, namespace), output: output.path, errors: errors.path)
        let status = child.wait()
        return Result(
            command: line, status: status, output: try String(contentsOf: output, encoding: .utf8),
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
    private let child: Child
    private let log: URL

    var pid: Int32 { child.pid }

    /// Everything that it has written so far.
    var text: String { Self.read(log) }

    /// Starts a line of sh, and waits until it has written `ready`; with nil it does not wait.
    init(_ line: String, in namespace: Int32? = nil, ready: String? = nil) throws {
        // The last program of the line takes the shell's place, so that ending the process ends it.
        let log = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")
        let child = try Child(Shell.words("exec " + line, namespace), output: log.path, errors: log.path)
        if let ready { try Self.expect(ready, times: 1, within: 15, of: child, log) }
        self.child = child
        self.log = log
    }

    /// Waits until it has written `word` so many times.
    func expect(_ word: String, times: Int = 1, within seconds: Double = 15) throws {
        try Self.expect(word, times: times, within: seconds, of: child, log)
    }

    /// Its exit status, or 128 and the signal's number; nil when it has not ended in time.
    func status(within seconds: Double) -> Int32? {
        let end = Date().addingTimeInterval(seconds)
        while child.isRunning {
            guard Date() < end else { return nil }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return child.wait()
    }

    /// Ends it and waits until it is gone.
    func stop() { child.end() }

    private static func read(_ log: URL) -> String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    private static func expect(_ word: String, times: Int, within seconds: Double, of child: Child, _ log: URL) throws {
        let end = Date().addingTimeInterval(seconds)
        while read(log).components(separatedBy: word).count <= times {
            guard child.isRunning, Date() < end else {
                child.end()
                throw Shell.Failure(description: "waiting for '\(word)':\n\(read(log))")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    deinit {
        child.end()
        try? FileManager.default.removeItem(at: log)
    }
}
