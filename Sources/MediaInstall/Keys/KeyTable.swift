import BootSettings
package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage
import TOMLKit

/// Ways from the recovery's first window to its terminal, as a text of TOML: ours, or one of the user's.
package struct KeyTable: Equatable, Sendable {
    /// One way, tried as a whole.
    package struct Way: Equatable, Sendable {
        package var name: String
        /// "10.15", "13"; empty for all.
        package var releases: [String]
        /// "en"; nil for all.
        package var language: String?
        package var layout: KeyboardLayout
        package var steps: [KeyStep]
    }

    package var ways: [Way]

    /// The one that this program has.
    /// - Throws: `software`, which does not happen: a test reads it.
    package static func standard() throws(OperationError) -> KeyTable {
        try KeyTable(PackageResources.keys_toml, name: "the table of keys")
    }

    /// - Throws: `noInput`; `config` for what is no table of keys.
    package init(reading path: FilePath) throws(OperationError) {
        try self.init(Array(try InputFile.read(path, limit: 64 << 10)), name: path.string)
    }

    /// - Throws: `config`.
    package init(_ bytes: [UInt8], name: String) throws(OperationError) {
        if let problem = TOMLScreening.problem(bytes) {
            throw Self.malformed(name, "line \(problem.line), column \(problem.column): \(problem.what)")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Self.malformed(name, "\(error)")
        }
        guard let list = table["way"]?.array, table.keys.allSatisfy({ $0 == "way" }) else {
            throw Self.malformed(name, "it needs [[way]] and nothing beside it")
        }
        ways = []
        for element in list {
            guard let way = element.table else { throw Self.malformed(name, "each [[way]] is a table") }
            ways.append(try Self.way(way, number: ways.count + 1, name))
        }
        guard !ways.isEmpty else { throw Self.malformed(name, "it has no [[way]]") }
    }

    private static func way(_ table: TOMLTable, number: Int, _ file: String) throws(OperationError) -> Way {
        let known = ["name", "releases", "language", "layout", "keys"]
        if let other = table.keys.first(where: { !known.contains($0) }) {
            throw malformed(file, "way \(number): \(other) is none of \(known.joined(separator: ", "))")
        }
        guard let name = table["name"]?.string, let keys = table["keys"]?.array else {
            throw malformed(file, "way \(number): it needs the text name and the list keys")
        }
        var steps: [KeyStep] = []
        for key in keys {
            guard let text = key.string, let step = KeyStep(text) else {
                throw malformed(
                    file, "way \(number): \(key.string ?? "a number") is no key such as ctrl-f2, \"right 4\", \"pause 2\" or command")
            }
            steps.append(step)
        }
        guard steps.contains(.command) else { throw malformed(file, "way \(number): command is missing, which starts the script") }
        let word = table["layout"]?.string ?? KeyboardLayout.us.rawValue
        guard let layout = KeyboardLayout(rawValue: word) else {
            throw malformed(
                file, "way \(number): the layout \(word) is none of \(KeyboardLayout.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return Way(
            name: name, releases: table["releases"]?.string?.split(separator: " ").map { String($0) } ?? [],
            language: table["language"]?.string, layout: layout, steps: steps)
    }

    /// Those of a release and a language, in their order; they are tried one after the other, again and again.
    /// - Throws: `config` when there is none.
    package func ways(release: String, language: String) throws(OperationError) -> [Way] {
        let found = ways.filter { way in
            (way.releases.isEmpty || way.releases.contains(release)) && (way.language == nil || way.language == language)
        }
        guard found.isEmpty else { return found }
        let languages = Set(ways.compactMap(\.language)).sorted().joined(separator: ", ")
        throw OperationError(
            "find", "keys for macOS \(release.printable) in the language \(language.printable)", cause: "the table of keys has none",
            remedy: "use one of its languages (\(languages)), or write a table and name it with --keys", exit: .config)
    }

    private static func malformed(_ name: String, _ cause: String) -> OperationError {
        OperationError("read", name, cause: cause.printable, remedy: "docs/mkimage.md has the form of a table of keys", exit: .config)
    }
}
