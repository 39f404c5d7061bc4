/// The status codes that this server answers with: RFC 9110, 15, and RFC 6585.
enum HTTPStatus: Int {
    case ok = 200
    case badRequest = 400
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case requestTimeout = 408
    case contentTooLarge = 413
    case misdirected = 421
    case headersTooLarge = 431
    case notImplemented = 501
    case unavailable = 503

    var reason: String {
        switch self {
        case .ok: "OK"
        case .badRequest: "Bad Request"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .requestTimeout: "Request Timeout"
        case .contentTooLarge: "Content Too Large"
        case .misdirected: "Misdirected Request"
        case .headersTooLarge: "Request Header Fields Too Large"
        case .notImplemented: "Not Implemented"
        case .unavailable: "Service Unavailable"
        }
    }
}

/// An answer, after which the connection is closed.
struct HTTPResponse: Equatable {
    var status: HTTPStatus
    var type = "text/plain; charset=utf-8"
    var body: [UInt8]
    var headers: [(name: String, value: String)] = []
    /// Content-Security-Policy.
    var policy = "default-src 'none'"

    static func == (a: Self, b: Self) -> Bool {
        a.status == b.status && a.type == b.type && a.body == b.body
            && a.headers.elementsEqual(b.headers) { $0.name == $1.name && $0.value == $1.value }
    }

    init(_ status: HTTPStatus, type: String = "text/plain; charset=utf-8", _ text: String) {
        (self.status, self.type, body) = (status, type, Array(text.utf8))
    }

    /// A refusal, in its own words.
    init(_ status: HTTPStatus) {
        self.init(status, status.reason + "\n")
        if status == .methodNotAllowed { headers = [("Allow", "GET, HEAD")] }
    }

    /// - Parameter hasBody: false for the answer to HEAD.
    func bytes(hasBody: Bool = true) -> [UInt8] {
        // Nothing here is kept, guessed, framed or read by another site's page.
        let always = [
            ("Content-Type", type), ("Content-Length", String(body.count)), ("Connection", "close"), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"),
        ]
        let lines = (always + headers.map { ($0.name, $0.value) }).map { "\($0.0): \($0.1)\r\n" }.joined()
        return Array("HTTP/1.1 \(status.rawValue) \(status.reason)\r\n\(lines)\r\n".utf8) + (hasBody ? body : [])
    }
}
