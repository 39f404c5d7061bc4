import LinuxSupport

/// A request of HTTP/1.1, read strictly: RFC 9112.
///
/// What two programs could read in different ways is refused: a bare newline, a folded line, two lengths, a chunked body.
struct HTTPRequest: Equatable {
    enum Method: String { case get = "GET", head = "HEAD", post = "POST" }

    var method: Method
    /// As sent: `/status.json`, without the query.
    var path: String
    /// What follows the first question mark.
    var query: String?
    /// Names in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    static func == (a: Self, b: Self) -> Bool {
        a.method == b.method && a.path == b.path && a.query == b.query && a.body == b.body
            && a.headers.elementsEqual(b.headers) { $0.name == $1.name && $0.value == $1.value }
    }

    /// The value of a header that comes once; nil otherwise.
    subscript(name: String) -> String? {
        let values = headers.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }

    enum Parsed: Equatable {
        case incomplete
        case request(HTTPRequest)
        /// The status that answers it.
        case refused(HTTPStatus)
    }

    /// Of the request line and the headers.
    static let headLimit = 8192
    static let bodyLimit = 4096

    static func parse(_ bytes: [UInt8]) -> Parsed {
        guard let end = endOfHead(bytes) else { return bytes.count > headLimit ? .refused(.headersTooLarge) : .incomplete }
        guard end <= headLimit else { return .refused(.headersTooLarge) }
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var index = 0
        while index < end - 2 {
            if bytes[index] == 0x0d, bytes[index + 1] == 0x0a {
                lines.append(line)
                line = []
                index += 2
                continue
            }
            // Neither a bare newline nor another control character, but a tab.
            guard bytes[index] >= 0x20 && bytes[index] != 0x7f || bytes[index] == 0x09 else { return .refused(.badRequest) }
            line.append(bytes[index])
            index += 1
        }
        guard let first = lines.first else { return .refused(.badRequest) }
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let header = header(line) else { return .refused(.badRequest) }
            headers.append(header)
        }
        return read(String(decoding: first, as: UTF8.self), headers, Array(bytes[end...]))
    }

    private static func read(_ line: String, _ headers: [(name: String, value: String)], _ body: [UInt8]) -> Parsed {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else { return .refused(.badRequest) }
        guard let method = Method(rawValue: String(words[0])) else { return .refused(.methodNotAllowed) }
        guard words[1].utf8.first == UInt8(ascii: "/"), words[1].utf8.allSatisfy({ (0x21..<0x7f).contains($0) && $0 != UInt8(ascii: "#") })
        else { return .refused(.badRequest) }
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        var request = HTTPRequest(
            method: method, path: target[0], query: target.count > 1 ? target[1] : nil, headers: headers, body: [])
        guard request["host"] != nil || words[2] == "HTTP/1.0" else { return .refused(.badRequest) }
        guard !headers.contains(where: { $0.name == "transfer-encoding" || $0.name == "expect" }) else { return .refused(.notImplemented) }
        guard headers.contains(where: { $0.name == "content-length" }) else {
            return body.isEmpty ? .request(request) : .refused(.badRequest)
        }
        guard let text = request["content-length"], text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text) else {
            return .refused(.badRequest)
        }
        guard length <= bodyLimit else { return .refused(.contentTooLarge) }
        // One request a connection: nothing follows it.
        guard body.count <= length else { return .refused(.badRequest) }
        guard body.count == length else { return .incomplete }
        request.body = body
        return .request(request)
    }

    /// The first byte behind the empty line.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (3..<bytes.count).first { bytes[$0] == 0x0a && bytes[$0 - 1] == 0x0d && bytes[$0 - 2] == 0x0a && bytes[$0 - 3] == 0x0d }
            .map { $0 + 1 }
    }

    private static func header(_ line: [UInt8]) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
        let name = line[..<colon]
        // A token of RFC 9110, 5.6.2: no blank before the colon, no folded line.
        guard name.allSatisfy({ isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }) else { return nil }
        let lower = name.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
        return (String(decoding: lower, as: UTF8.self), String(decoding: line[(colon + 1)...], as: UTF8.self).trimmed)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}
