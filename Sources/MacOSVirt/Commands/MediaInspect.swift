import AppleMedia
import ArgumentParser
import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
import SystemPackage

struct MediaInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "inspect", abstract: "Show what a file is and what is in it.")

    @Argument(help: "A disk image, a package, an archive or a disk.") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let path = FilePath(absolute: file)
        let source = try FileSource.input(path)
        let report: MediaReport
        do throws(FormatError) {
            report = try MediaReport(source)
        } catch {
            throw error.operationError("inspect", path.string)
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try Media.print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            try Media.print(Self.text(report).joined(separator: "\n"))
        }
    }

    private static func text(_ report: MediaReport) -> [String] {
        var lines = ["\(report.format), \(report.size) bytes"]
        for fact in report.facts { lines.append("  \(fact.name): \(fact.value)") }
        for inner in report.contains { lines += text(inner).map { "  " + $0 } }
        return lines
    }
}
