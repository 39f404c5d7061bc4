import Foundation
import Testing

/// The `boot` that was built beside these tests.
struct BootProgram {
    /// Next to the test bundle; nil when only the tests were built.
    static let path: String? = {
        let bundle = CommandLine.arguments.last { $0.contains(".xctest") } ?? Bundle.main.executablePath ?? ""
        let directory = bundle.components(separatedBy: "/").prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/")
        let path = directory + "/boot"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    /// A real QEMU for it.
    static let qemu = ["/usr/bin", "/usr/local/bin"].map { $0 + "/qemu-system-x86_64" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    struct Ended {
        var status: Int32
        var output: String
        var errors: String
        var isExit: Bool
    }

    /// Runs it with nothing in its environment but what is given.
    static func run(_ arguments: [String], environment: [String: String] = [:], directory: String? = nil) throws -> Ended {
        try start(try #require(path), arguments, environment: environment, directory: directory)
    }

    /// Runs a program that runs it: `$0` in a shell's script.
    static func shell(_ script: String, _ arguments: [String] = []) throws -> Ended {
        try start("/bin/sh", ["-c", script, try #require(path)] + arguments)
    }

    private static func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
    ) throws -> Ended {
        let machine = try ScratchMachine(["/output": "", "/errors": ""])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"]) { given, _ in given }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        // Files, since a full pipe would stop it.
        let (output, errors) = (machine.directory.appendingPathComponent("output"), machine.directory.appendingPathComponent("errors"))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return Ended(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8), isExit: process.terminationReason == .exit)
    }
}
