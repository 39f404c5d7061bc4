/// A value that is written as one word, and encoded as that word.
public protocol TextCodable: Codable, Hashable, Sendable, LosslessStringConvertible {
    /// What the text should look like, for error messages: "an IPv4 network such as 192.168.254.0/24".
    static var expected: String { get }
}

extension TextCodable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not \(Self.expected)"))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
