import AppleInstaller
import ArgumentParser
import Diagnostics
import Foundation
import HostSupport

struct MkInstallerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the installers that Apple offers, the newest first.")

    @Flag(help: "Also betas, and installers that this program cannot use.") var all = false
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var source: InstallerSourceOptions

    func run() async throws {
        let list = try await source.environment().catalog.installers(source.seed ?? .none, progress: StepProgress(steps: 0))
        let shown = all || source.seed != nil ? list.installers.filter { all || $0.parts != nil } : list.usual
        if json { return try printJSON(shown, list.unreadable) }
        let rows = shown.map { Self.row($0) }
        let head = ["version", "build", "date", "size", "name"]
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        for row in [head] + rows {
            print(zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ").trimmed)
        }
        if list.unreadable > 0 { StepProgress(steps: 0).say("note: \(list.unreadable) products of the catalog could not be read") }
    }

    static func row(_ installer: Installer) -> [String] {
        let size = "\((Double(installer.size) / 100_000_000).rounded() / 10) GB"
        let notes = (installer.isBeta ? ", beta" : "") + (installer.parts == nil ? ", not usable" : "")
        return [installer.version.description, installer.build.description, date(installer.date), size, installer.title.printable + notes]
    }

    static func date(_ date: Date) -> String { String(date.formatted(.iso8601).prefix(10)) }

    /// One installer, for other programs.
    private struct Row: Encodable {
        var version, build, title, date, product: String
        var size: Int
        var beta, usable: Bool
        var urls: [String]
    }

    private struct Document: Encodable {
        var schemaVersion = 1
        var installers: [Row]
        var unreadableProducts: Int
    }

    private func printJSON(_ shown: [Installer], _ unreadable: Int) throws {
        let rows = shown.map {
            Row(
                version: $0.version.description, build: $0.build.description, title: $0.title, date: Self.date($0.date),
                product: $0.product,
                size: $0.size, beta: $0.isBeta, usable: $0.parts != nil, urls: ($0.parts?.packages ?? []).map(\.url))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(Document(installers: rows, unreadableProducts: unreadable)), as: UTF8.self))
    }
}

extension String {
    fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
