import Foundation
import Glibc
import SystemPackage

/// Another program, run to its end.
struct Program {
    var status: Int32
    var output: String
    var errors: String

    /// The `macos-virt` that was built beside these tests; nil when only the tests were built.
    static let macosVirt: String? = {
        let bundle = CommandLine.arguments.last { $0.contains(".xctest") } ?? Bundle.main.executablePath ?? ""
        let directory = bundle.components(separatedBy: "/").prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/")
        let path = directory + "/macos-virt"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    static let qemu = ["/usr/bin", "/usr/local/bin"].map { $0 + "/qemu-system-x86_64" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static func run(_ path: String, _ arguments: [String], input: String = "", temporary: Scratch? = nil) throws -> Program {
        let scratch = try Scratch(["output": "", "errors": "", "input": input])
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        if let temporary { environment["TMPDIR"] = temporary.path.string }
        process.environment = environment
        func file(_ name: String) -> URL { URL(filePath: scratch.path.appending(name).string) }
        // Files, since a full pipe would stop it.
        process.standardInput = try FileHandle(forReadingFrom: file("input"))
        process.standardOutput = try FileHandle(forWritingTo: file("output"))
        process.standardError = try FileHandle(forWritingTo: file("errors"))
        try process.run()
        process.waitUntilExit()
        return Program(
            status: process.terminationStatus, output: try String(contentsOf: file("output"), encoding: .utf8),
            errors: try String(contentsOf: file("errors"), encoding: .utf8))
    }

    /// By way of the shell's PATH.
    static func shell(_ script: String, _ arguments: [String] = []) throws -> Program {
        try run("/bin/sh", ["-c", "PATH=$PATH:/usr/sbin:/sbin; " + script, "sh"] + arguments)
    }
}
