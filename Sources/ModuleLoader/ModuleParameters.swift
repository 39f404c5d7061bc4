public import LinuxSupport
import SystemPackage

/// The parameters of loaded and built-in modules: /sys/module/NAME/parameters.
public struct ModuleParameters: Sendable {
    private let root: FileRoot

    public init(root: FileRoot = .live) { self.root = root }

    /// The value as the kernel shows it; nil when the module is not there, has no such parameter, or hides its value.
    public func value(of parameter: String, in module: String) -> String? { root.line(path(module, parameter)) }

    /// Sets the parameter to `wanted` unless it has that value, and reads it back.
    ///
    /// - Returns: the previous value, to restore it; nil when nothing was written.
    /// - Throws: `.unknownParameter`, `.readOnlyParameter`, `.badParameter` or `.parameterNotTaken`.
    public func set(_ parameter: String, in module: String, to wanted: String) throws(ModuleError) -> String? {
        let path = path(module, parameter)
        let object = "\(module).\(parameter)"
        guard let before = root.line(path) else { throw failure(.readParameter, object, .noSuchFileOrDirectory) }
        if Self.same(before, wanted) { return nil }
        do throws(Errno) {
            // echo WANTED > /sys/module/MODULE/parameters/PARAMETER
            let file = try OwnedDescriptor(opening: root.resolve(path), .writeOnly, options: root.isLive ? [] : .truncate)
            try write(wanted, to: file)
        } catch {
            throw failure(.writeParameter, object, error)
        }
        let after = root.line(path) ?? ""
        guard Self.same(after, wanted) else {
            throw ModuleError(.writeParameter, object, errno: .invalidArgument, kind: .parameterNotTaken(shown: after))
        }
        return before
    }

    /// Whether two spellings mean one value: "Y" and "1", "0x10" and "16".
    static func same(_ a: String, _ b: String) -> Bool {
        let (a, b) = (a.trimmed, b.trimmed)
        if a == b { return true }
        if let a = number(a), let b = number(b) { return a == b }
        if let a = boolean(a), let b = boolean(b) { return a == b }
        return false
    }

    /// As kstrtobool in lib/kstrtox.c reads it: y, t, 1, on; n, f, 0, off.
    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "y", "yes", "t", "true", "1", "on": true
        case "n", "no", "f", "false", "0", "off": false
        default: nil
        }
    }

    private static func number(_ text: String) -> Int? {
        text.lowercased().hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }

    private func path(_ module: String, _ parameter: String) -> String {
        "/sys/module/\(Self.directoryName(module))/parameters/\(parameter)"
    }

    private static func directoryName(_ module: String) -> String { String(module.map { $0 == "-" ? "_" : $0 }) }

    private func write(_ text: String, to file: borrowing OwnedDescriptor) throws(Errno) {
        do {
            _ = try file.descriptor.writeAll(text.utf8)
        } catch let error as Errno {
            throw error
        } catch {
            throw .ioError
        }
    }

    private func failure(_ operation: ModuleError.Operation, _ object: String, _ errno: Errno) -> ModuleError {
        .classify(operation, object, errno, environment: ModuleEnvironment(directory: ""))
    }
}
