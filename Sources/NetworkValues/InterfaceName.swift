/// The name of a network interface: 1 to 15 bytes, no slash, no blank, no colon.
///
/// The kernel's own rule is `dev_valid_name` (net/core/dev.c); IFNAMSIZ is 16 with the closing zero.
public struct InterfaceName: TextCodable {
    public let description: String

    public static let tap0 = InterfaceName(unchecked: "tap0")
    public static let loopback = InterfaceName(unchecked: "lo")

    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...15).contains(bytes.count), text != ".", text != ".." else { return nil }
        // ':' separates an alias; '%' makes the name a template that the kernel completes; '"' and '\\' would need quoting in nft.
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"/:%\"\\,".utf8.contains($0) }) else { return nil }
        description = text
    }

    private init(unchecked text: String) { description = text }

    public static var expected: String { "an interface name of 1 to 15 characters without '/', ':' or blanks" }
}
