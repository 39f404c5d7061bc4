import BootSettings
package import Diagnostics
import HostSupport
import TOMLKit

/// The boot.toml that reaches `boot` in the Linux VM: the user's file, with what this command adds to it.
///
/// Not checked against the keys: `boot` does that, and names them.
package struct GuestConfiguration: Equatable, Sendable {
    /// `section.key=value` of --set.
    package struct Assignment: Equatable, Sendable {
        package var section: String
        package var key: String
        package var value: String

        package init(_ section: String, _ key: String, _ value: String) { (self.section, self.key, self.value) = (section, key, value) }

        /// nil when it has not that form, or a value that fits on no line.
        package init?(_ text: String) {
            guard let equals = text.firstIndex(of: "=") else { return nil }
            let name = text[..<equals].split(separator: ".", omittingEmptySubsequences: false)
            guard name.count == 2, name.allSatisfy(Self.isWord) else { return nil }
            let value = text[text.index(after: equals)...]
            guard value.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else { return nil }
            self.init(String(name[0]), String(name[1]), String(value))
        }

        private static func isWord(_ text: Substring) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
        }
    }

    package private(set) var text: String

    /// - Parameters:
    ///   - file: the user's TOML and its name; nil for none.
    ///   - sets: what the user says beside it, which overrides it.
    ///   - defaults: what holds where the user says nothing.
    /// - Throws: `config` when the file is no TOML.
    package init(file: (name: String, bytes: [UInt8])?, sets: [Assignment], defaults: [Assignment]) throws(OperationError) {
        let table = try file.map { (file) throws(OperationError) in try Self.parse(file.bytes, name: file.name) } ?? TOMLTable()
        for assignment in defaults where try Self.section(assignment.section, of: table)[assignment.key] == nil {
            try Self.section(assignment.section, of: table)[assignment.key] = assignment.value
        }
        for assignment in sets { try Self.section(assignment.section, of: table)[assignment.key] = assignment.value }
        text = table.convert(to: .toml, options: []) + "\n"
    }

    /// Whether the file or the user's settings say something about a section.
    static func mentions(_ section: String, file: (name: String, bytes: [UInt8])?, sets: [Assignment]) throws(OperationError) -> Bool {
        if sets.contains(where: { $0.section == section }) { return true }
        guard let file else { return false }
        return try parse(file.bytes, name: file.name)[section] != nil
    }

    private static func section(_ name: String, of table: TOMLTable) throws(OperationError) -> TOMLTable {
        if table[name] == nil { table[name] = TOMLTable() }
        guard let section = table[name]?.table else {
            throw OperationError("set", name, cause: "the configuration has it as a value, not as a section", exit: .config)
        }
        return section
    }

    private static func parse(_ bytes: [UInt8], name: String) throws(OperationError) -> TOMLTable {
        if let problem = TOMLScreening.problem(bytes) {
            throw malformed(name, line: problem.line, column: problem.column, problem.what)
        }
        do {
            return try TOMLTable(string: String(decoding: bytes, as: UTF8.self))
        } catch let error as TOMLParseError {
            throw malformed(name, line: error.source.begin.line, column: error.source.begin.column, error.description)
        } catch {
            throw malformed(name, line: 1, column: 1, "\(error)")
        }
    }

    private static func malformed(_ name: String, line: Int, column: Int, _ what: String) -> OperationError {
        OperationError("parse configuration", name, cause: "line \(line), column \(column): \(what)", exit: .config)
    }
}
