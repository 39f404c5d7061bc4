/// Who may use the browser view: browsers that have shown the token, by a cookie, and programs that show it each time.
struct WebSessions {
    struct Session {
        /// In the cookie.
        let key: WebToken
        /// In a header of every request that changes something: a page of another site cannot know it.
        let proof: WebToken
        let end: ContinuousClock.Instant
    }

    private let token: WebToken
    /// The name of the cookie. Cookies do not tell ports apart (RFC 6265, 8.5): two guests of this machine would log each other's browsers out.
    let cookie: String
    private var sessions: [Session] = []

    private static let limit = 8
    private static let lifetime = Duration.seconds(12 * 3600)

    /// - Parameter port: where the page is served.
    init(token: WebToken, port: UInt16) { (self.token, cookie) = (token, "macos_virt_\(port)") }

    /// - Returns: nil for a wrong token.
    mutating func open(_ given: some StringProtocol, at now: ContinuousClock.Instant = .now) -> Session? {
        guard token.matches(given) else { return nil }
        let session = Session(key: .random(), proof: .random(), end: now + Self.lifetime)
        sessions.removeAll { $0.end <= now }
        // The oldest goes first.
        if sessions.count >= Self.limit { sessions.removeFirst() }
        sessions.append(session)
        return session
    }

    /// The session whose cookie a request carries.
    func session(of request: HTTPRequest, at now: ContinuousClock.Instant = .now) -> Session? {
        guard let key = key(of: request) else { return nil }
        return sessions.first { $0.end > now && $0.key.matches(key) }
    }

    /// Whether a request may read: by its cookie, or with the token itself as RFC 6750 has it.
    func mayRead(_ request: HTTPRequest) -> Bool {
        if session(of: request) != nil { return true }
        guard let words = request["authorization"]?.split(separator: " "), words.count == 2, words[0].lowercased() == "bearer" else {
            return false
        }
        return token.matches(words[1])
    }

    /// Whether a request may change something: from our own page, of an open session.
    func mayChange(_ request: HTTPRequest) -> Bool {
        guard Self.isFromOwnPage(request), let session = session(of: request), let proof = request["x-proof"] else { return false }
        return session.proof.matches(proof)
    }

    /// The page's origin is the one that the request went to, whichever name this machine has there; https is a proxy before us.
    static func isFromOwnPage(_ request: HTTPRequest) -> Bool {
        guard let origin = request["origin"], let host = request["host"], !host.isEmpty else { return false }
        return origin == "http://" + host || origin == "https://" + host
    }

    private func key(of request: HTTPRequest) -> String? {
        for part in (request["cookie"] ?? "").split(separator: ";") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0] == cookie { return String(pair[1]) }
        }
        return nil
    }
}
