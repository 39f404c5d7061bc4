/// The value of a QEMU option: `head,key=value,key=value`, in order.
///
/// The only place where a comma is written. QEMU ends a value at a comma unless it is doubled
/// (https://www.qemu.org/docs/master/system/qemu-manpage.html, "Options"), so every value is escaped here
/// and a path such as `/disks/a,b.img` arrives whole.
public struct OptionString: Equatable, Sendable, CustomStringConvertible {
    /// One `key=value`, not escaped.
    private struct Pair: Equatable {
        var key: String
        var value: String
    }
    /// The part without a key: the driver of `-device`, the type of `-machine`.
    private(set) var head: String?
    private var pairs: [Pair] = []
    /// The whole value, for an option that QEMU does not split.
    private var verbatim: String?

    /// - Parameter head: the part without a key.
    public init(_ head: String? = nil) { self.head = head }

    /// The value of `-kernel`, `-initrd` or `-append`, which QEMU takes whole: a comma does not end it, and two commas are two.
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

    /// The same with every flag of `keys` as `key=on` or `key=off`.
    func with(_ keys: [String], _ value: Bool) -> OptionString { keys.reduce(self) { $0.with($1, value) } }

    /// The same with another head.
    func headed(_ head: String) -> OptionString {
        var copy = self
        copy.head = head
        return copy
    }

    /// The value of the first `key=`, not escaped.
    func value(of key: String) -> String? { pairs.first { $0.key == key }?.value }

    public var description: String {
        if let verbatim { return verbatim }
        var text = head.map { OptionString.escaped($0) } ?? ""
        for (index, pair) in pairs.enumerated() {
            if index > 0 || head != nil { text += "," }
            text += pair.key + "=" + OptionString.escaped(pair.value)
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        // By bytes: comparing characters needs Unicode's tables, and no value but a path or a name has a comma.
        text.utf8.contains(UInt8(ascii: ",")) ? text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,") : text
    }
}
