import Lifecycle
import NetworkValues
import QMP

/// What is served at status.listen.
enum StatusPages {
    /// The answer to a request that needs no figures; nil when the page is one of `figures`.
    static func answer(_ request: HTTPRequest) -> HTTPResponse? {
        guard pages.contains(request.path) else { return HTTPResponse(.notFound) }
        return request.method == .post ? HTTPResponse(.methodNotAllowed) : nil
    }

    private static let pages = ["/metrics", "/status.json", "/healthz"]

    static func page(_ path: String, _ status: StatusReport) -> HTTPResponse {
        switch path {
        case "/metrics":
            HTTPResponse(.ok, type: "text/plain; version=0.0.4; charset=utf-8", StatusMetrics(status).text)
        case "/status.json": HTTPResponse(.ok, type: "application/json", status.json.text + "\n")
        default: HTTPResponse(status.phase == .running ? .ok : .unavailable, status.phase.name + "\n")
        }
    }

    /// On loopback the name has to be loopback's too: a page of another site, whose name suddenly means this machine, could read the answer.
    static func isForUs(_ request: HTTPRequest, at address: ListenAddress) -> Bool {
        guard address.isLoopback, let host = request["host"] else { return true }
        if host == "localhost" || host == "localhost:\(address.port)" { return true }
        return (ListenAddress(host) ?? ListenAddress("\(host):\(address.port)"))?.isLoopback == true
    }
}
