/// `-cpu`: a model and the properties that differ from it.
///
/// QEMU splits this option at commas without any escape, so every part has to be one word.
public struct CPU: Codable, Equatable, Sendable {
    public enum Setting: Codable, Equatable, Sendable {
        case on, off
        case value(String)
    }
    public struct Property: Codable, Equatable, Sendable {
        public var name: String
        public var setting: Setting
    }

    /// `Skylake-Client-v4`, `Haswell-noTSX`, `host`.
    public var model: String
    /// In the order of their first setting, each name once.
    public private(set) var properties: [Property] = []

    public init(_ model: String) { self.model = model }

    /// Sets a property; a later setting replaces an earlier one in its place.
    public mutating func set(_ name: String, _ setting: Setting) {
        if let index = properties.firstIndex(where: { $0.name == name }) {
            properties[index].setting = setting
        } else {
            properties.append(Property(name: name, setting: setting))
        }
    }
    public mutating func set(_ name: String, _ on: Bool) { set(name, on ? .on : .off) }
    public subscript(name: String) -> Setting? { properties.first { $0.name == name }?.setting }

    func argument() throws(QemuArgsError) -> Argument {
        var option = OptionString(try Check.word("CPU model", model))
        for property in properties {
            let name = try Check.word("CPU property", property.name)
            switch property.setting {
            case .on: option = option.with(name, true)
            case .off: option = option.with(name, false)
            case .value(let value): option = option.with(name, try Check.word("CPU property \(name)", value))
            }
        }
        return Argument("-cpu", option)
    }
}
