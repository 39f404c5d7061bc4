package import Foundation

/// A property list, the format of OpenCore's config.plist.
package enum PlistValue: Equatable, Sendable {
    case boolean(Bool)
    case integer(Int)
    case string(String)
    case data(Data)
    case array([PlistValue])
    case dictionary([String: PlistValue])

    /// Its type, for messages.
    package var typeName: String {
        switch self {
        case .boolean: "true or false"
        case .integer: "a number"
        case .string: "text"
        case .data: "bytes in hexadecimal"
        case .array: "a list"
        case .dictionary: "a section"
        }
    }

    /// An element of a dictionary; nil if there is none, or if this is not a dictionary.
    package subscript(key: String) -> PlistValue? {
        guard case .dictionary(let members) = self else { return nil }
        return members[key]
    }
}

/// A type that can be part of a property list.
package protocol PlistConvertible: Sendable {
    var plist: PlistValue { get }
}

extension PlistValue: PlistConvertible { package var plist: PlistValue { self } }
extension Bool: PlistConvertible { package var plist: PlistValue { .boolean(self) } }
extension Int: PlistConvertible { package var plist: PlistValue { .integer(self) } }
extension String: PlistConvertible { package var plist: PlistValue { .string(self) } }
extension Data: PlistConvertible { package var plist: PlistValue { .data(self) } }
extension Array: PlistConvertible where Element: PlistConvertible {
    package var plist: PlistValue { .array(map(\.plist)) }
}
extension Dictionary: PlistConvertible where Key == String, Value: PlistConvertible {
    package var plist: PlistValue { .dictionary(mapValues(\.plist)) }
}
extension PlistConvertible where Self: RawRepresentable, RawValue == String {
    package var plist: PlistValue { .string(rawValue) }
}

extension PlistValue {
    /// A complete XML property list. The same value gives the same bytes: keys are sorted by code points.
    package var xml: String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
        <plist version="1.0">
        \(lines(indentation: "").joined(separator: "\n"))
        </plist>

        """
    }

    private func lines(indentation: String) -> [String] {
        switch self {
        case .boolean(let value): [indentation + (value ? "<true/>" : "<false/>")]
        case .integer(let value): ["\(indentation)<integer>\(value)</integer>"]
        case .string(let value): ["\(indentation)<string>\(Self.escape(value))</string>"]
        case .data(let value): ["\(indentation)<data>\(value.base64EncodedString())</data>"]
        case .array(let elements) where elements.isEmpty: [indentation + "<array/>"]
        case .array(let elements):
            [indentation + "<array>"] + elements.flatMap { $0.lines(indentation: indentation + "\t") } + [indentation + "</array>"]
        case .dictionary(let members) where members.isEmpty: [indentation + "<dict/>"]
        case .dictionary(let members):
            [indentation + "<dict>"]
                + members.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }.flatMap { key, value in
                    ["\(indentation)\t<key>\(Self.escape(key))</key>"] + value.lines(indentation: indentation + "\t")
                } + [indentation + "</dict>"]
        }
    }

    private static func escape(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
