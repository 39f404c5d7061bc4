import BootSettings
package import Diagnostics
import Foundation
import HostSupport

/// One value that a user gives by its path: `Kernel.Quirks.XhciPortLimit=true`.
///
/// The configuration itself is the schema: a path must exist, and a value must be of the type that is there.
package struct ConfigurationAssignment: Equatable, Sendable {
    package var path: [String]
    package var text: String
    /// Sections whose keys are free: variables and device properties, by the number of components before the free ones.
    private static let open = [["NVRAM", "Add"], ["NVRAM", "Delete"], ["NVRAM", "LegacySchema"], ["DeviceProperties", "Add"]]

    /// - Throws: `usage` when it is not PATH=VALUE.
    package init(_ argument: String) throws(OperationError) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
            throw OperationError("read", "--set \(argument)", cause: "it is not Path.To.Key=value", exit: .usage)
        }
        path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        text = String(argument[argument.index(after: equals)...])
    }

    /// The configuration with this value in it.
    /// - Throws: `usage` for a path that does not exist, and for a value of another type.
    package func applied(to configuration: PlistValue) throws(OperationError) -> PlistValue {
        try set(in: configuration, path[...])
    }

    private func set(in value: PlistValue, _ rest: ArraySlice<String>) throws(OperationError) -> PlistValue {
        guard let key = rest.first else { return try parsed(like: value) }
        switch value {
        case .dictionary(var members):
            if let member = members[key] {
                members[key] = try set(in: member, rest.dropFirst())
            } else if let free = try freeValue(for: rest) {
                members[key] = free
            } else {
                throw failure("there is no \(key) among \(members.keys.sorted().joined(separator: ", "))")
            }
            return .dictionary(members)
        case .array(var elements):
            guard let index = Int(key), elements.indices.contains(index) else {
                throw failure("\(key) is not one of its \(elements.count) elements, which are counted from 0")
            }
            elements[index] = try set(in: elements[index], rest.dropFirst())
            return .array(elements)
        case .boolean, .integer, .string, .data:
            throw failure("there is nothing below it: it is \(value.typeName)")
        }
    }

    /// A new key where keys are free. Its type is said: `data:0001`, `integer:3`, `boolean:true`; else it is text.
    private func freeValue(for rest: ArraySlice<String>) throws(OperationError) -> PlistValue? {
        guard let open = Self.open.first(where: { path.starts(with: $0) }), rest.startIndex >= open.count else { return nil }
        if open != ["NVRAM", "Add"] && open != ["DeviceProperties", "Add"] {
            return rest.count == 1 ? try parsed(like: .array([])) : nil
        }
        // A section and a key below it may both be new.
        if rest.count == 2, rest.startIndex == open.count, let name = rest.last {
            return try freeValue(for: rest.dropFirst()).map { .dictionary([name: $0]) }
        }
        guard rest.count == 1, rest.startIndex == open.count + 1 else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let types: [String: PlistValue] = [
            "data": .data(Data()), "integer": .integer(0), "boolean": .boolean(false), "string": .string(""),
        ]
        guard parts.count == 2, let type = types[parts[0]] else { return try parsed(like: .string("")) }
        var value = self
        value.text = parts[1]
        return try value.parsed(like: type)
    }

    private func parsed(like value: PlistValue) throws(OperationError) -> PlistValue {
        switch value {
        case .boolean:
            switch text {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            default: throw failure("\(text) is not true or false")
            }
        case .integer:
            guard let number = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text) else {
                throw failure("\(text) is not a number such as 15 or 0x0F")
            }
            return .integer(number)
        case .string:
            guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else { throw failure("it has control characters") }
            return .string(text)
        case .data:
            guard let bytes = Data(hexadecimal: text) else { throw failure("\(text) is not bytes in hexadecimal such as 01FF") }
            return .data(bytes)
        case .array(let elements):
            guard elements.allSatisfy({ if case .string = $0 { true } else { false } }) else {
                throw failure("it is a list of sections; set their keys one by one: \(path.joined(separator: ".")).0.Key=value")
            }
            return .array(text.split(separator: ",").map { .string(String($0)) })
        case .dictionary:
            throw failure("it is a section; set a key below it")
        }
    }

    private func failure(_ cause: String) -> OperationError {
        OperationError(
            "set", path.joined(separator: "."), cause: cause, remedy: "OpenCore's Configuration.pdf explains the keys", exit: .usage)
    }
}

extension Data {
    /// Pairs of hexadecimal digits; blanks between them do not count.
    init?(hexadecimal text: some StringProtocol) {
        let digits = text.filter { $0 != " " }.map { $0.isASCII ? $0.hexDigitValue : nil }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes = Data()
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        self = bytes
    }
}
