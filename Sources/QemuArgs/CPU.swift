/// `-cpu`: a model, and the properties in which the guest's CPU differs from it.
///
/// QEMU splits this option at commas without any escape, so every part has to be one word.
public struct CPU: Equatable, Sendable {
    public enum Setting: Equatable, Sendable {
        case on, off
        case value(String)
    }
    private struct Property: Equatable {
        var name: String
        var setting: Setting
    }

    /// `Skylake-Client-v4`, `Haswell-noTSX`, `host`.
    public var model: String
    /// In the order of their first setting, each name once.
    private var properties: [Property] = []

    public init(_ model: String) { self.model = model }

    /// A property; nil leaves it to the model. A later setting replaces an earlier one in its place.
    public subscript(name: String) -> Setting? {
        get { properties.first { $0.name == name }?.setting }
        set {
            let index = properties.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let setting?): properties[index].setting = setting
            case (let index?, nil): properties.remove(at: index)
            case (nil, let setting?): properties.append(Property(name: name, setting: setting))
            case (nil, nil): break
            }
        }
    }

    public func argument() throws(QemuArgsError) -> QemuArgument {
        var option = OptionString(try Check.word("CPU model", model))
        for property in properties {
            let name = try Check.word("CPU property", property.name)
            switch property.setting {
            case .on: option = option.with(name, true)
            case .off: option = option.with(name, false)
            case .value(let value): option = option.with(name, try Check.word("CPU property \(name)", value))
            }
        }
        return QemuArgument("-cpu", option)
    }
}
