/// A dictionary of config.plist, written as a struct: each stored property is a key.
///
/// The key is the property's name with its first letter in upper case, or what `keys` says. A property that is nil is a key
/// that this version of OpenCore does not have.
package protocol ConfigurationSection: PlistConvertible, Equatable {
    /// Keys that are not their property's name with a capital.
    static var keys: [String: String] { get }
}

extension ConfigurationSection {
    package static var keys: [String: String] { [:] }

    package var plist: PlistValue {
        var members: [String: PlistValue] = [:]
        for child in Mirror(reflecting: self).children {
            guard let label = child.label, let value = Self.present(child.value) else { continue }
            members[Self.keys[label] ?? label.prefix(1).uppercased() + label.dropFirst()] = value.plist
        }
        return .dictionary(members)
    }

    private static func present(_ value: Any) -> (any PlistConvertible)? {
        if let value = value as? any PlistConvertible { return value }
        // An optional property: its content, if it has one.
        return Mirror(reflecting: value).children.first?.value as? any PlistConvertible
    }
}
