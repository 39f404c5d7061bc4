package import Foundation

/// A property list: what OpenCore's config.plist is made of.
package enum PlistValue: Equatable, Sendable {
    case boolean(Bool)
    case integer(Int)
    case string(String)
    case data(Data)
    case array([PlistValue])
    case dictionary([String: PlistValue])

    /// As a person would name its type.
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

    /// An element of a section; nil where there is none, or this is no section.
    package subscript(key: String) -> PlistValue? {
        guard case .dictionary(let members) = self else { return nil }
        return members[key]
    }
}

/// What can stand in a property list.
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
