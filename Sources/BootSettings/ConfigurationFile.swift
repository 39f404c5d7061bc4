package import Diagnostics
package import LinuxSupport
import SystemPackage
import TOMLKit

/// The TOML file: a section for the first part of a key's name, `[guest]` and `memory = "8G"`.
package enum ConfigurationFile {
    /// Larger than any configuration; a device or another file that was named by mistake ends here.
    package static let sizeLimit = 1 << 20

    /// The assignments of `file`, or of the first default file below `root` that exists: what an image's owner wrote into
    /// it comes before what it was started with.
    /// - Throws: exit 78 for a file that cannot be read, is too large, or is not TOML.
    package static func assignments(root: FileRoot, file: String?) throws(OperationError) -> [ConfigurationAssignment] {
        let defaults = [ConfigurationLoader.defaultFile, ConfigurationLoader.metadataFile]
        for (name, path) in file.map({ [($0, FilePath($0))] }) ?? defaults.map({ ($0, root.resolve($0)) }) {
            let bytes: [UInt8]
            do {
                bytes = try read(path)
            } catch {
                if file == nil, error == .noSuchFileOrDirectory || error == .notDirectory { continue }
                let cause = error == .fileTooLarge ? "larger than \(ByteSize.render(sizeLimit))" : "\(error)"
                throw OperationError("read configuration", ConfigurationInput.quoted(path.string), cause: cause, exit: ExitStatus.config)
            }
            return try parse(bytes, name: name)
        }
        return []
    }

    /// Reads until the end: it may be a pipe.
    private static func read(_ path: FilePath) throws(Errno) -> [UInt8] {
        let file = try OwnedDescriptor(opening: path, .readOnly)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count <= sizeLimit {
            let count: Int
            do {
                count = try buffer.withUnsafeMutableBytes { try file.descriptor.read(into: $0) }
            } catch let error as Errno {
                throw error
            } catch {
                throw .ioError
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        throw .fileTooLarge
    }

    /// The assignments of a TOML text.
    package static func parse(_ bytes: [UInt8], name: String) throws(OperationError) -> [ConfigurationAssignment] {
        if let problem = TOMLScreening.problem(bytes) { throw malformed(name, line: problem.line, column: problem.column, problem.what) }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: String(decoding: bytes, as: UTF8.self))
        } catch let error as TOMLParseError {
            throw malformed(
                name, line: error.source.begin.line, column: error.source.begin.column,
                error.description.after("Error while ") ?? error.description)
        } catch {
            throw malformed(name, line: 1, column: 1, "\(error)")
        }
        var assignments: [ConfigurationAssignment] = []
        flatten(table, below: [], .file(name), into: &assignments)
        return assignments
    }

    private static func malformed(_ name: String, line: Int, column: Int, _ what: String) -> OperationError {
        // toml++ repeats bytes of the file in its texts.
        let visible = what.unicodeScalars.map { ConfigurationInput.isControl($0) ? "?" : String($0) }.joined()
        return OperationError(
            "parse configuration", ConfigurationInput.quoted(name), cause: "line \(line), column \(column): \(visible)",
            exit: ExitStatus.config)
    }

    /// Keys two levels down are values; anything deeper, and a value without a section, is no key of ours.
    private static func flatten(
        _ table: TOMLTable, below path: [String], _ origin: ConfigurationOrigin, into assignments: inout [ConfigurationAssignment]
    ) {
        for key in table.keys.sorted() {
            guard let value = table[key] else { continue }
            let path = path + [key.utf8.contains(UInt8(ascii: ".")) ? "\"\(key)\"" : key]
            if path.count == 1, let inner = value.table {
                flatten(inner, below: path, origin, into: &assignments)
            } else {
                assignments.append(ConfigurationAssignment(path.joined(separator: "."), input(value), origin))
            }
        }
    }

    private static func input(_ value: any TOMLValueConvertible) -> ConfigurationInput {
        switch value.type {
        case .string: .text(value.string ?? "")
        case .int: .text(value.int.map(String.init) ?? "")
        case .bool: .boolean(value.bool ?? false)
        case .array: list(value.array)
        case .table, .double, .date, .time, .dateTime: .foreign("a \(value.type)")
        }
    }

    private static func list(_ array: TOMLArray?) -> ConfigurationInput {
        guard let array else { return .foreign("an array") }
        var items: [String] = []
        for index in 0..<array.count {
            guard case .text(let text) = input(array[index]) else { return .foreign("an array with a \(array[index].type)") }
            items.append(text)
        }
        return .list(items)
    }
}
