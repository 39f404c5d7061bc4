/// Any value of JSON: an argument of a command, or an answer that has no type of its own here.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    /// What is no integer, or too large for one.
    case decimal(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }
    }

    /// The value of an object's member; nil when there is none.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// As JSON, on one line.
    package var text: String {
        var result = ""
        write(to: &result)
        return result
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        // JSON has no word for infinity.
        case .decimal(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.name, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// RFC 8259, 7.
    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\" + String(scalar)
            case "\0"..."\u{1f}": text += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONText {
    /// The next value, whatever it is.
    package mutating func value() -> JSONValue? { value(depth: 0) }

    private mutating func value(depth: Int) -> JSONValue? {
        guard depth < Self.depthLimit else { return refuse() }
        switch kind() {
        case .object:
            var members: [JSONValue.Member] = []
            object { key, json in
                if let value = json.value(depth: depth + 1) { members.append(.init(key, value)) }
            }
            return .object(members)
        case .array: return array { $0.value(depth: depth + 1) }.map(JSONValue.array)
        case .string: return string().map(JSONValue.string)
        case .number:
            guard let text = number() else { return nil }
            if let integer = Int(text) { return .integer(integer) }
            guard let decimal = Double(text), decimal.isFinite else { return refuse() }
            return .decimal(decimal)
        case .bool: return bool().map(JSONValue.bool)
        case .null:
            null()
            return .null
        case nil: return refuse()
        }
    }
}
