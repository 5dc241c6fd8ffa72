import HTTPClient
import JSON
import Platform

/// The Runtime API of AWS Lambda, version 2018-06-01: invocations in, answers out, over HTTP on the function's own machine.
/// Source: API.md section 4.
struct RuntimeAPI: Sendable {
    private let http: HTTPClient
    private let base: HTTPURL

    /// `address`: `AWS_LAMBDA_RUNTIME_API`, host and port. Nil where it is none.
    init?(_ address: String, _ http: HTTPClient) {
        guard let base = HTTPURL("http://\(address)"), base.port != nil, base.path == "/", base.query.isEmpty else {
            return nil
        }
        (self.base, self.http) = (base, http)
    }

    /// The next invocation. Waits for it for as long as it takes: the machine may be frozen meanwhile.
    func next() throws(HTTPError) -> Invocation {
        let years = Duration.seconds(10 * 365 * 86_400)
        let response = try send(
            .get, "runtime/invocation/next", [],
            HTTPTimeouts(connect: .seconds(5), firstByte: years, idle: years, total: years))
        guard let invocation = Invocation(response) else {
            throw HTTPError(.other, base.origin, "the answer names no invocation")
        }
        return invocation
    }

    func respond(_ invocation: Invocation, _ answer: [UInt8]) throws(HTTPError) {
        _ = try send(.post, "runtime/invocation/\(invocation.requestID)/response", answer, RuntimeAPI.short)
    }

    /// Ends an invocation for which no answer is taken. The flow goes its branch for errors.
    func fail(_ invocation: Invocation, _ message: String) throws(HTTPError) {
        _ = try send(
            .post, "runtime/invocation/\(invocation.requestID)/error", RuntimeAPI.body(message, "Converge.NotAnswered"),
            RuntimeAPI.short)
    }

    /// Tells that the function cannot start, and why.
    func failToStart(_ message: String) throws(HTTPError) {
        _ = try send(.post, "runtime/init/error", RuntimeAPI.body(message, "Converge.Configuration"), RuntimeAPI.short)
    }

    private static let short = HTTPTimeouts(connect: .seconds(2), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(5))

    private static func body(_ message: String, _ type: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("errorMessage", message)
            json.member("errorType", type)
        }
        return json.bytes
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8], _ timeouts: HTTPTimeouts
    ) throws(HTTPError) -> HTTPResponse {
        var url = base
        url.path = "/2018-06-01/" + path
        var request = HTTPRequest(method, url, body: body, timeouts: timeouts)
        if !body.isEmpty { request.headers.append(HTTPHeader("Content-Type", "application/json")) }
        request.bypassesProxy = true
        let response = try http.perform(request)
        guard response.isSuccess else { throw HTTPError(.badRequest, base.origin, "it answered with \(response.status)") }
        return response
    }
}
