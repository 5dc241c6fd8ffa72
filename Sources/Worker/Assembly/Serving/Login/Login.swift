import HTTPServer
import JSON
import Observability
import Platform
import Synchronization
import Tokens

/// Logging in to the console: OpenID Connect's authorization code flow with PKCE (RFC 7636), tokens in sealed cookies.
///
///     GET  /console/login      to the issuer
///     GET  /console/callback   back from it: the code becomes tokens, which are verified like any other before they are kept
///     POST /console/refresh    a new access token, without a window
///     POST /console/logout     takes the cookies away, and says where the session ends at the issuer
///
/// A request that comes with the cookies is one with the access token in them: scopes, agents, audit and rates are those of the token. What changes something has to
/// come from the console's own page.
struct Login: Sendable {
    /// Requests to the issuer at a time; one more is told to come again.
    static let askingMax = 8
    static let codeBytesMax = 4_096

    private let settings: LoginSettings
    private let provider: LoginProvider
    private let cookies: LoginCookies
    /// Whether an access token is taken; why not.
    private let verify: @Sendable (String) -> String?
    private let log: Log
    private let now: @Sendable () -> Int64
    private let asking = Asking()

    private final class Asking: Sendable { let count = Mutex(0) }

    /// `verify`: nil of a token that is taken. `now`: seconds since 1970.
    init(
        _ settings: LoginSettings, _ provider: LoginProvider, _ log: Log,
        now: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds / 1000 },
        verify: @escaping @Sendable (String) -> String?
    ) {
        (self.settings, self.provider, self.verify, self.log, self.now) = (settings, provider, verify, log, now)
        cookies = LoginCookies(settings.key.map { Sealer(secret: Array($0.revealed.utf8)) } ?? Sealer())
        if settings.key == nil {
            log.info(
                "login.key",
                "http.login.key is not set: who is logged in to the console logs in again when this process has ended")
        }
    }

    private var redirect: String { settings.address + "/console/callback" }

    // MARK: Requests with cookies

    /// Middleware before authentication: cookies of a session become its access token. A header of one's own comes first.
    func answer(_ request: HTTPRequest, _ next: (HTTPRequest) -> HTTPResponse) -> HTTPResponse {
        guard request.header("authorization") == nil, let session = cookies.session(of: request) else { return next(request) }
        guard Login.isSafe(request) || isOwn(request) else {
            return .problem(403, "a request with the cookies of a log-in has to come from the console's own page")
        }
        var request = request
        request.headers.append("Authorization", "Bearer \(session.access)")
        request.isOfSession = true
        return next(request)
    }

    private static func isSafe(_ request: HTTPRequest) -> Bool { ["GET", "HEAD", "OPTIONS"].contains(request.method) }

    /// Whether the console's own page sent it. A page of another site cannot set the header without being allowed to, and a browser says where a request comes from.
    private func isOwn(_ request: HTTPRequest) -> Bool {
        request.header("x-converge-console") == "1" && ["same-origin", nil].contains(request.header("sec-fetch-site"))
            && [settings.address, nil].contains(request.header("origin"))
    }

    // MARK: Routes

    func add(to router: inout HTTPRouter) {
        router.add("GET", "/console/login", access: .open, limit: .operations) { _ in begin() }
        router.add("GET", "/console/callback", access: .open, limit: .operations) { end($0) }
        router.add("POST", "/console/refresh", access: .open, limit: .operations, bodyBytesMax: 0) { refresh($0) }
        router.add("POST", "/console/logout", access: .open, limit: .operations, bodyBytesMax: 0) { leave($0) }
    }

    private func begin() -> HTTPResponse {
        let pending = LoginCookies.Pending(state: Login.random(), verifier: Login.random(), begun: now())
        var digest = ByteBuffer(capacity: 32)
        Array(pending.verifier.utf8).withUnsafeBytes { SHA256.append(of: $0, to: &digest) }
        return asked { () throws(LoginProvider.Problem) in
            let place = try provider.authorization(
                state: pending.state, challenge: TokenText.encoded(digest.array), redirect: redirect)
            return seeOther(place, cookies.set(pending))
        }
    }

    private func end(_ request: HTTPRequest) -> HTTPResponse {
        guard let pending = cookies.pending(of: request, now: now()) else {
            return words(400, "This log-in has taken longer than ten minutes, or was begun in another browser.")
        }
        // Held against each other in constant time is not needed: who reads the cookie's state could send it.
        guard request.query["state"] == pending.state, request.repeatedNames.isEmpty else {
            return words(400, "This answer does not belong to the log-in that was begun here.")
        }
        // RFC 9207: another issuer's answer.
        guard [settings.issuer, nil].contains(request.query["iss"]) else {
            return words(400, "This answer is of another issuer.")
        }
        if let error = request.query["error"] {
            log.warning("login.refused", "the issuer refused a log-in", ["error": .text(String(printable(error).prefix(64)))])
            return words(403, "The issuer refused the log-in.")
        }
        guard let code = request.query["code"], !code.isEmpty, code.utf8.count <= Login.codeBytesMax else {
            return words(400, "This answer has no code.")
        }
        return asked { () throws(LoginProvider.Problem) in
            keep(try provider.tokens(code: code, verifier: pending.verifier, redirect: redirect), before: nil) { cookies in
                seeOther("./", cookies + self.cookies.endPending)
            }
        }
    }

    private func refresh(_ request: HTTPRequest) -> HTTPResponse {
        guard isOwn(request) else { return .problem(403, "this has to come from the console's own page") }
        guard let session = cookies.session(of: request), let refresh = session.refresh else {
            return .problem(401, "there is no log-in that can be renewed; log in again")
        }
        return asked { () throws(LoginProvider.Problem) in
            keep(try provider.tokens(refresh: refresh), before: refresh) { cookies in
                HTTPResponse(status: 204, contentType: "", headers: cookies, body: [])
            }
        }
    }

    private func leave(_ request: HTTPRequest) -> HTTPResponse {
        guard isOwn(request) else { return .problem(403, "this has to come from the console's own page") }
        let place = (try? provider.places())?.endSession.map { end in
            end + (end.contains("?") ? "&" : "?")
                + LoginProvider.form([
                    ("client_id", settings.client), ("post_logout_redirect_uri", settings.address + "/console/"),
                ])
        }
        var answer = HTTPResponse.json(jsonLine { $0.member("to", place) })
        answer.headers += cookies.endSession
        return answer
    }

    /// Tokens are kept once they are verified: what the API would refuse is no log-in. `before`: the refresh token that goes on where there is no new one.
    private func keep(
        _ tokens: LoginProvider.Tokens, before: String?, _ answer: ([(name: String, value: String)]) -> HTTPResponse
    ) -> HTTPResponse {
        if let reason = verify(tokens.access) {
            log.warning("login.token", "the token of a log-in was not accepted", ["reason": .text(reason)])
            return words(
                502,
                "The issuer's access token is not accepted here (\(reason)). Whoever runs this server: look at http.tokens.audiences and http.login.client."
            )
        }
        guard let headers = cookies.set(LoginCookies.Session(access: tokens.access, refresh: tokens.refresh ?? before)) else {
            return words(502, "The issuer's access token is too large for a browser's cookies: give it fewer claims.")
        }
        return answer(headers)
    }

    /// Asks the issuer, where not too many do.
    private func asked(_ body: () throws(LoginProvider.Problem) -> HTTPResponse) -> HTTPResponse {
        let isFree = asking.count.withLock { count in
            guard count < Login.askingMax else { return false }
            count += 1
            return true
        }
        guard isFree else { return .problem(503, "too many log in at once; try again", headers: [("Retry-After", "2")]) }
        defer { asking.count.withLock { $0 -= 1 } }
        do throws(LoginProvider.Problem) { return try body() } catch {
            log.warning("login.issuer", "a log-in could not be carried out: \(error)", key: error.description)
            return words(error.isRefusal ? 403 : 502, "The log-in did not work: \(error).")
        }
    }

    private func seeOther(_ place: String, _ headers: [(name: String, value: String)]) -> HTTPResponse {
        HTTPResponse(
            status: 303, contentType: "", headers: [("Location", place), ("Referrer-Policy", "no-referrer")] + headers, body: []
        )
    }

    /// A page in words: a browser shows it as it stands.
    private func words(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status, contentType: "text/plain; charset=utf-8",
            headers: cookies.endPending + [("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")],
            body: Array("\(text)\nOpen \(settings.address)/console/ and log in again.\n".utf8))
    }

    /// 256 bits.
    private static func random() -> String {
        var random = SystemRandomNumberGenerator()
        return TokenText.encoded((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}
