package import Foundation

/// Files of a test, and the programs that it asks about them.
package enum Samples {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// Calls `body` with a directory of its own, which is removed afterwards.
    package static func withDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "media-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    /// What a program writes to standard output.
    /// - Throws: when it fails, with what it said.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String], in directory: URL? = nil, input: [UInt8]? = nil) throws -> [UInt8] {
        let (process, output, errors) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = output
        process.standardError = errors
        if let directory { process.currentDirectoryURL = directory }
        let source = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : source
        try process.run()
        if let input {
            Thread.detachNewThread {
                try? source.fileHandleForWriting.write(contentsOf: Data(input))
                try? source.fileHandleForWriting.close()
            }
        }
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = String(decoding: (try? errors.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
            throw Failure("\(program) \(arguments.joined(separator: " ")): exit code \(process.terminationStatus)\n\(said)")
        }
        return [UInt8](bytes)
    }

    package static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
    }

    /// Hexadecimal digits, blanks between them.
    package static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
