/// What a distribution says of an installer: an XML file for Apple's Installer, most of it JavaScript.
///
/// It is not parsed as XML: versions are between two tags that occur once, and the rest can be anything.
package struct Distribution: Equatable, Sendable {
    package var version: MacOSVersion?
    package var build: MacOSBuild?
    package var title: String?
    /// The boards and devices that may install it, for Macs: "Mac-7BA5B2D9E42DDD94", "J132AP".
    package var boards: [String] = []

    package init() {}

    package init(_ text: String) {
        let information = Self.between("<auxinfo", "</auxinfo>", text) ?? ""
        let keys = Self.pairs(information)
        version = (keys["macOSProductVersion"] ?? keys["VERSION"]).flatMap { MacOSVersion($0) }
        build = (keys["macOSProductBuildVersion"] ?? keys["BUILD"]).flatMap { MacOSBuild($0) }
        // The title can be a word that is to be looked up in a table of strings.
        let titles = [Self.quoted("suDisabledGroupID=", text), Self.between("<title>", "</title>", text).map(Self.plain)]
        title = titles.compactMap { $0 }.first { $0.contains("macOS") }
        boards = Self.list("boardIDs", text) + Self.list("supportedDeviceIDs", text)
    }

    /// `<key>K</key><string>V</string>`, in a dictionary or not.
    private static func pairs(_ text: Substring) -> [String: String] {
        var (result, rest): ([String: String], Substring) = ([:], text)
        while let key = between("<key>", "</key>", rest) {
            rest = rest[key.endIndex...].dropFirst("</key>".count)
            let value = rest.drop { $0.isWhitespace }
            if value.hasPrefix("<string>"), let string = between("<string>", "</string>", value) { result[plain(key)] = plain(string) }
        }
        return result
    }

    /// The strings of `var NAME = ['a', 'b'];`
    private static func list(_ name: String, _ text: String) -> [String] {
        guard let start = find("var \(name)", text[...]), let body = between("[", "]", text[start...]) else { return [] }
        return body.split(separator: ",").map { $0.filter { !$0.isWhitespace && $0 != "'" && $0 != "\"" } }.filter { !$0.isEmpty }
    }

    private static func quoted(_ name: String, _ text: String) -> String? {
        guard let start = find(name, text[...]) else { return nil }
        return between("\"", "\"", text[start...].dropFirst(name.count)).map(plain)
    }

    /// What lies between two texts, from the first occurrence on; after an opening tag, whose attributes do not matter, its `>` is left out.
    private static func between(_ open: String, _ close: String, _ text: some StringProtocol) -> Substring? {
        let text = Substring(text)
        guard let start = find(open, text) else { return nil }
        var inside = text[start...].dropFirst(open.count)
        if open.hasPrefix("<") && !open.hasSuffix(">") { inside = inside.drop { $0 != ">" }.dropFirst() }
        return find(close, inside).map { inside[..<$0] }
    }

    /// Where a text occurs first.
    private static func find(_ wanted: String, _ text: Substring) -> Substring.Index? {
        text.utf8.firstRange(of: wanted.utf8)?.lowerBound
    }

    /// Without the entities that XML has by itself.
    private static func plain(_ text: some StringProtocol) -> String {
        var result = String(text)
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            result = result.split(separator: entity, omittingEmptySubsequences: false).joined(separator: character)
        }
        return result.filter { !$0.isNewline }
    }
}
