package import Foundation

/// Property lists from servers and images.
package enum PropertyList {
    /// Levels. Foundation's XML reader recurses for each, with about 1 KiB of stack; Apple's catalog has seven.
    private static let depth = 64

    /// The dictionary that a property list in XML consists of; nil for anything else.
    ///
    /// Other forms are refused, since Apple's servers send none: Foundation's reader for binary ones (6.3, Linux) crashes on a set, and
    /// the one for NeXTSTEP's text recurses for each bracket.
    package static func dictionary(_ data: Data) -> [String: Any]? {
        let text = data.drop { [0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf].contains($0) }
        guard text.first == UInt8(ascii: "<"), isShallow(data) else { return nil }
        return (try? PropertyListSerialization.propertyList(from: data, format: nil)) as? [String: Any]
    }

    /// A property list in XML, with sorted keys.
    package static func data(_ dictionary: [String: Any]) -> Data? {
        try? PropertyListSerialization.data(fromPropertyList: dictionary, format: .xml, options: 0)
    }

    /// Whether no more than `depth` elements are open at any place. Tags cannot be counted in UTF-16.
    private static func isShallow(_ data: Data) -> Bool {
        data.withUnsafeBytes { bytes in
            var level = 0
            for index in bytes.indices {
                if bytes[index] == 0 { return false }
                guard bytes[index] == UInt8(ascii: "<"), index + 1 < bytes.count else { continue }
                switch bytes[index + 1] {
                case UInt8(ascii: "/"): level -= 1
                case UInt8(ascii: "a"), UInt8(ascii: "d"):
                    level += 1
                    if level > 2 * depth { return false }
                default: continue
                }
                level = max(level, 0)
            }
            return true
        }
    }
}
