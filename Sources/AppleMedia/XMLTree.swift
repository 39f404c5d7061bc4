import DiskFormats

/// The XML of property lists and of xar's table of contents: elements, attributes, text. Namespaces stay parts of names.
///
/// Not a general reader: it knows no entities but XML's five and numbers, so that nothing can expand, and it keeps where a text lies
/// rather than the text, since most of it is base64. Depth and number of the elements are limited.
struct XMLTree {
    struct Element {
        var name: String
        var attributes: [String: String] = [:]
        var children: [Element] = []
        /// Where the text between the tags lies; of an element with children, what follows the last of them.
        var text = 0..<0
    }

    private let bytes: [UInt8]
    private(set) var root = Element(name: "")

    private static let depthLimit = 64
    private static let elementLimit = 400_000

    /// - Throws: `damaged`.
    init(_ bytes: [UInt8]) throws(FormatError) {
        self.bytes = bytes
        var parser = Parser(bytes: bytes)
        root = try parser.parse()
    }

    /// The text of an element, its entities replaced and the blanks around it removed.
    func text(_ element: Element) -> String {
        let raw = bytes[element.text]
        guard raw.contains(UInt8(ascii: "&")) || raw.contains(UInt8(ascii: "<")) else {
            return String(decoding: Self.trimmed(raw), as: UTF8.self)
        }
        return Self.unescaped(raw)
    }

    /// The text of an element as base64; nil when it is damaged.
    func data(_ element: Element) -> [UInt8]? { Base64.decode(bytes[element.text]) }

    func integer(_ element: Element?) -> Int? { element.flatMap { Int(text($0)) } }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes
        while let first = slice.first, Parser.isBlank(first) { slice.removeFirst() }
        while let last = slice.last, Parser.isBlank(last) { slice.removeLast() }
        return slice
    }

    fileprivate static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var (result, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes)
        while let byte = rest.first {
            if rest.starts(with: Parser.cdata), let end = Parser.find(Parser.cdataEnd, in: rest) {
                result += rest[(rest.startIndex + Parser.cdata.count)..<end]
                rest = rest[(end + Parser.cdataEnd.count)...]
            } else if byte == UInt8(ascii: "&"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let character = entity(String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self))
            {
                result += Array(String(character).utf8)
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
                rest.removeFirst()
            }
        }
        return String(decoding: trimmed(result[...]), as: UTF8.self)
    }

    private static func entity(_ name: String) -> Character? {
        switch name {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        default:
            if name.hasPrefix("#x") {
                UInt32(name.dropFirst(2), radix: 16).flatMap(UnicodeScalar.init).map { Character($0) }
            } else if name.hasPrefix("#") {
                UInt32(name.dropFirst()).flatMap(UnicodeScalar.init).map { Character($0) }
            } else {
                nil
            }
        }
    }

    private struct Parser {
        let bytes: [UInt8]
        var at = 0
        var elements = 0

        static let cdata = Array("<![CDATA[".utf8)
        static let cdataEnd = Array("]]>".utf8)

        static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }

        static func find(_ wanted: [UInt8], in slice: ArraySlice<UInt8>) -> Int? {
            var index = slice.startIndex
            while let next = slice[index...].firstIndex(of: wanted[0]) {
                if slice[next...].starts(with: wanted) { return next }
                index = next + 1
            }
            return nil
        }

        mutating func parse() throws(FormatError) -> Element {
            var open: [Element] = []
            while at < bytes.count {
                guard bytes[at] == UInt8(ascii: "<") else {
                    at += 1
                    continue
                }
                if starts("<?") {
                    try skip(past: "?>")
                } else if starts("<!--") {
                    try skip(past: "-->")
                } else if starts("<![CDATA[") {
                    try skip(past: "]]>")
                } else if starts("<!") {
                    try skip(past: ">")
                } else if starts("</") {
                    let end = at
                    at += 2
                    let name = word()
                    try skip(past: ">")
                    guard var closed = open.popLast(), closed.name == name else { throw Self.damage("an end tag without its start") }
                    closed.text = closed.text.lowerBound..<max(end, closed.text.lowerBound)
                    if open.isEmpty { return closed }
                    open[open.count - 1].children.append(closed)
                    open[open.count - 1].text = at..<at
                } else {
                    var element = try start()
                    elements += 1
                    guard elements <= XMLTree.elementLimit, open.count < XMLTree.depthLimit else { throw Self.damage("too many elements") }
                    element.text = at..<at
                    // "/>" ends an element at once.
                    if bytes[at - 2] == UInt8(ascii: "/") {
                        if open.isEmpty { return element }
                        open[open.count - 1].children.append(element)
                        open[open.count - 1].text = at..<at
                    } else {
                        open.append(element)
                    }
                }
            }
            throw Self.damage("no end")
        }

        /// The start tag at `at`, which moves behind it.
        private mutating func start() throws(FormatError) -> Element {
            at += 1
            var element = Element(name: word())
            guard !element.name.isEmpty else { throw Self.damage("a tag without a name") }
            while at < bytes.count {
                let byte = bytes[at]
                if byte == UInt8(ascii: ">") {
                    at += 1
                    return element
                }
                if Self.isBlank(byte) || byte == UInt8(ascii: "/") {
                    at += 1
                    continue
                }
                let name = word()
                guard !name.isEmpty, element.attributes.count < 32 else { throw Self.damage("a damaged tag") }
                while at < bytes.count, Self.isBlank(bytes[at]) || bytes[at] == UInt8(ascii: "=") { at += 1 }
                guard at < bytes.count, case let quote = bytes[at], quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
                    let end = bytes[(at + 1)...].firstIndex(of: quote)
                else { throw Self.damage("an attribute without a value") }
                element.attributes[name] = XMLTree.unescaped(bytes[(at + 1)..<end])
                at = end + 1
            }
            throw Self.damage("a tag without an end")
        }

        /// Letters up to a blank or what ends a name.
        private mutating func word() -> String {
            let start = at
            while at < bytes.count, !Self.isBlank(bytes[at]), bytes[at] != UInt8(ascii: ">"), bytes[at] != UInt8(ascii: "/"),
                bytes[at] != UInt8(ascii: "=")
            { at += 1 }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }

        private func starts(_ text: String) -> Bool { bytes.has(text, at: at) }

        private mutating func skip(past text: String) throws(FormatError) {
            guard let end = Self.find(Array(text.utf8), in: bytes[at...]) else { throw Self.damage("a tag without an end") }
            at = end + text.utf8.count
        }

        private static func damage(_ what: String) -> FormatError { .damaged("its XML is damaged: \(what)") }
    }
}

extension XMLTree.Element {
    /// The first child with a name.
    func child(_ name: String) -> XMLTree.Element? { children.first { $0.name == name } }

    /// In the dictionary of a property list, the element that follows a key.
    func value(_ key: String, in tree: XMLTree) -> XMLTree.Element? {
        for index in children.indices.dropLast() where children[index].name == "key" && tree.text(children[index]) == key {
            return children[index + 1]
        }
        return nil
    }
}

/// RFC 4648, 4; blanks between the characters do not matter.
enum Base64 {
    /// nil for what is not base64.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var (result, bits, count, padding): ([UInt8], UInt32, Int, Int) = ([], 0, 0, 0)
        result.reserveCapacity(text.count / 4 * 3)
        for byte in text {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            case 0x20, 0x0a, 0x0d, 0x09: continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count == 4 {
                result += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
                (bits, count) = (0, 0)
            }
        }
        switch count {
        case 0: break
        case 2: result.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3: result += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        default: return nil
        }
        return result
    }
}
