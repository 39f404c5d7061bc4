package import Diagnostics
package import LinuxSupport
package import SystemPackage
import TOMLKit

/// The TOML file. The section is the first part of the name of a key: `[guest]` and `memory = "8G"`.
package enum ConfigurationFile {
    /// Bytes: larger than any configuration. A device or another file named by mistake ends here.
    package static let sizeLimit = 1 << 20

    /// The assignments of `file`, or of the first default file below `root` that exists: the file in an image takes precedence
    /// over the metadata that it is started with.
    /// - Throws: exit 78 for a file that cannot be read, is too large, or is not TOML.
    package static func assignments(root: FileRoot, file: String?) throws(OperationError) -> [ConfigurationAssignment] {
        if let file { return try parse(read(FilePath(file), isRegular: false, exit: .config), name: file) }
        for name in [ConfigurationLoader.defaultFile, ConfigurationLoader.metadataFile] where root.exists(name) {
            return try parse(read(root.resolve(name), isRegular: true, exit: .config), name: name)
        }
        return []
    }

    /// The content of a file that goes into a virtual machine or an image: of a regular file, opened once.
    /// - Throws: `noInput` for a file that cannot be read, is not regular or is too large.
    package static func bytes(_ path: FilePath) throws(OperationError) -> [UInt8] {
        try read(path, isRegular: true, exit: .noInput)
    }

    /// - Parameter isRegular: refuse pipes and devices. Otherwise reads until the end.
    private static func read(_ path: FilePath, isRegular: Bool, exit: ExitStatus) throws(OperationError) -> [UInt8] {
        let cause: String
        do throws(Errno) {
            // Opening a FIFO would wait for a writer.
            let file = try OwnedDescriptor(opening: path, .readOnly, options: isRegular ? .nonBlocking : [])
            let status = FileStatus(descriptor: file.rawValue)
            if !isRegular || status?.isRegular ?? false { return try content(file.descriptor) }
            cause = status?.isDirectory ?? false ? "\(Errno.isDirectory)" : "not a regular file"
        } catch {
            cause = error == .fileTooLarge ? "larger than \(ByteSize.render(sizeLimit))" : "\(error)"
        }
        throw OperationError("read configuration", ConfigurationInput.quoted(path.string), cause: cause, exit: exit)
    }

    private static func content(_ file: FileDescriptor) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count <= sizeLimit {
            let count: Int
            do {
                count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            } catch {
                throw error as? Errno ?? .ioError
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
        // The messages of toml++ contain bytes of the file.
        OperationError(
            "parse configuration", ConfigurationInput.quoted(name), cause: "line \(line), column \(column): \(what.printable)",
            exit: ExitStatus.config)
    }

    /// Keys of the second level are values. Anything deeper, and a value outside of a section, becomes an unknown key.
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
        case .double: .fraction(value.double.map { "\($0)" } ?? "")
        case .table, .date, .time, .dateTime: .foreign("a \(value.type)")
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
