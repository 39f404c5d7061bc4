/// The value of a QEMU option: `head,key=value,key=value`, in order.
///
/// The only place where a comma is written. QEMU ends a value at a comma unless it is doubled
/// (https://www.qemu.org/docs/master/system/qemu-manpage.html, "Options"), so every value is escaped here
/// and a path such as `/disks/a,b.img` arrives whole.
public struct OptionString: Codable, Equatable, Sendable, CustomStringConvertible {
    /// One `key=value`, not escaped; no key for what stands at the front.
    struct Pair: Codable, Equatable, Sendable {
        var key: String?
        var value: String
    }
    private(set) var pairs: [Pair] = []
    /// The whole value, for an option that QEMU does not take apart.
    private var verbatim: String?

    /// - Parameter head: the part without a key: the driver of `-device`, the type of `-machine`.
    public init(_ head: String? = nil) {
        if let head { pairs.append(Pair(key: nil, value: head)) }
    }

    /// The value of `-kernel`, `-initrd` or `-append`, which ends at no comma and knows no doubled one.
    public init(verbatim: String) { self.verbatim = verbatim }

    /// The same with `key=value` at the end; unchanged when the value is nil.
    public func with(_ key: String, _ value: String?) -> OptionString {
        guard let value else { return self }
        var copy = self
        copy.pairs.append(Pair(key: key, value: value))
        return copy
    }

    /// The same with `key=on` or `key=off`: QEMU deprecated every other spelling of a boolean.
    public func with(_ key: String, _ value: Bool?) -> OptionString { with(key, value.map { $0 ? "on" : "off" }) }

    public func with(_ key: String, _ value: Int?) -> OptionString { with(key, value.map { String($0) }) }

    /// The same with every flag of `flags` as `key=on` or `key=off`.
    public func with(_ keys: [String], _ value: Bool) -> OptionString { keys.reduce(self) { $0.with($1, value) } }

    /// The value of the first `key=`, not escaped.
    public func value(of key: String) -> String? { pairs.first { $0.key == key }?.value }

    public var description: String {
        if let verbatim { return verbatim }
        var text = ""
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text += "," }
            if let key = pair.key { text += key + "=" }
            text += OptionString.escaped(pair.value)
        }
        return text
    }

    static func escaped(_ text: String) -> String {
        // By bytes: to look at each character takes Unicode's tables, and no value but a path or a name has a comma.
        text.utf8.contains(UInt8(ascii: ",")) ? text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,") : text
    }
}
