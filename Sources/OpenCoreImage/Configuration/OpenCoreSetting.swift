import BootSettings
package import Diagnostics
import Foundation
import HostSupport

/// A value of config.plist that a user sets by its path: `Kernel.Quirks.XhciPortLimit=true`.
///
/// The configuration is its own schema: the path must exist, and the value must have the type of the present one.
package struct OpenCoreSetting: Equatable, Sendable {
    package var path: [String]
    package var text: String
    /// Sections with free keys: variables and device properties.
    private static let open = [["NVRAM", "Add"], ["NVRAM", "Delete"], ["NVRAM", "LegacySchema"], ["DeviceProperties", "Add"]]

    /// The key that OpenCore keeps in 64 bits, and not in 32 (OcConfigurationLib.h).
    private static let wide = "ApECID"

    /// - Throws: `usage` when it is not PATH=VALUE.
    package init(_ argument: String) throws(OperationError) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
            throw OperationError("read", "--set \(argument.printable)", cause: "it does not have the form Path.To.Key=value", exit: .usage)
        }
        path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        text = String(argument[argument.index(after: equals)...])
    }

    /// Whether it is below a list, or is one.
    var isInList: Bool {
        [["ACPI", "Add"], ["Kernel", "Add"], ["Kernel", "Patch"], ["UEFI", "Drivers"]].contains { path.starts(with: $0) }
    }

    /// The configuration with this value.
    /// - Throws: `usage` for a path that does not exist, for a value of another type, and for a number that OpenCore cannot store.
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
                throw failure("\(key) is not an index of its \(elements.count) elements, which start at 0")
            }
            elements[index] = try set(in: elements[index], rest.dropFirst())
            return .array(elements)
        case .boolean, .integer, .string, .data:
            throw failure("it is \(value.typeName), and has no keys")
        }
    }

    /// The value of a new key in a section with free keys: text, unless it starts with a type: `data:0001`, `integer:3`, `boolean:true`.
    private func freeValue(for rest: ArraySlice<String>) throws(OperationError) -> PlistValue? {
        guard let open = Self.open.first(where: { path.starts(with: $0) }), rest.startIndex >= open.count else { return nil }
        if open != ["NVRAM", "Add"] && open != ["DeviceProperties", "Add"] {
            return rest.count == 1 ? try parsed(like: .array([])) : nil
        }
        // A section and a key in it can both be new.
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
            guard path.last == Self.wide || (Int(Int32.min)...Int(UInt32.max)).contains(number) else {
                throw failure("\(text) does not fit into 32 bits")
            }
            return .integer(number)
        case .string:
            guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else { throw failure("it contains control characters") }
            return .string(text)
        case .data:
            guard let bytes = Data(hexadecimal: text) else {
                throw failure("\(text) is not a sequence of bytes in hexadecimal such as 01FF")
            }
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
            "set", path.joined(separator: ".").printable, cause: cause.printable, remedy: "look the key up in OpenCore's Configuration.pdf",
            exit: .usage)
    }
}

extension Data {
    /// Pairs of hexadecimal digits; blanks are ignored.
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
