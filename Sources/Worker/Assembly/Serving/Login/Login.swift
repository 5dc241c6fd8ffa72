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
    /// Requests to the issuer at a time, of each kind: one more is told to come again. Strangers, who may begin to log in, take nothing of who is logged in.
    static let askingMax = 8
    static let codeBytesMax = 4_096
    /// States whose answer came: none is taken a second time. The oldest are forgotten, whose cookie is over by then or soon.
    static let statesMax = 10_000
    /// Of a server that people log in to: libmicrohttpd keeps a request's fields twice, and the answer's, in this. Below it three cookies do not fit.
    static let headerBytesMax = 65_536

    private let settings: LoginSettings
    private let provider: LoginProvider
    private let cookies: LoginCookies
    /// The claims of an access token, where it is taken.
    private let claims: @Sendable (String) throws(TokenFailure) -> TokenClaims
    private let log: Log
    private let now: @Sendable () -> Int64
    private let logins = Slots()
    private let renewals = Slots()
    private let states = States()

    private final class Slots: Sendable { let count = Mutex(0) }

    private final class States: Sendable {
        private let seen = Mutex<(known: Set<String>, order: [String])>(([], []))

        /// Whether it comes for the first time.
        func take(_ state: String) -> Bool {
            seen.withLock { seen in
                guard seen.known.insert(state).inserted else { return false }
                seen.order.append(state)
                if seen.order.count > statesMax { seen.known.remove(seen.order.removeFirst()) }
                return true
            }
        }
    }

    /// `now`: seconds since 1970.
    init(
        _ settings: LoginSettings, _ provider: LoginProvider, _ log: Log,
        now: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds / 1000 },
        claims: @escaping @Sendable (String) throws(TokenFailure) -> TokenClaims
    ) {
        (self.settings, self.provider, self.claims, self.log, self.now) = (settings, provider, claims, log, now)
        cookies = LoginCookies(
            settings.key.map { Sealer(secret: Array($0.revealed.utf8)) } ?? Sealer(),
            owner: "\(settings.issuer) \(settings.client)")
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
        guard request.header("authorization") == nil, let session = cookies.session(of: request, now: now()) else {
            return next(request)
        }
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

    /// Without a log-in the routes are there, and say so.
    static func add(_ login: Login?, to router: inout HTTPRouter) {
        let absent = HTTPResponse.problem(404, "nobody logs in to this process: http.login.client is not set")
        router.add("GET", "/console/login", access: .open, limit: .operations) { _ in login?.begin() ?? absent }
        router.add("GET", "/console/callback", access: .open, limit: .operations) { login?.end($0) ?? absent }
        router.add("POST", "/console/refresh", access: .open, limit: .operations, bodyBytesMax: 0) {
            login?.refresh($0) ?? absent
        }
        router.add("POST", "/console/logout", access: .open, limit: .operations, bodyBytesMax: 0) { login?.leave($0) ?? absent }
    }

    private func begin() -> HTTPResponse {
        let pending = LoginCookies.Pending(state: Login.random(), verifier: Login.random(), begun: now())
        var digest = ByteBuffer(capacity: 32)
        Array(pending.verifier.utf8).withUnsafeBytes { SHA256.append(of: $0, to: &digest) }
        return asked(logins) { () throws(LoginProvider.Problem) in
            let place = try provider.authorization(
                state: pending.state, challenge: TokenText.encoded(digest.array), redirect: redirect)
            return seeOther(place, cookies.set(pending))
        }
    }

    private func end(_ request: HTTPRequest) -> HTTPResponse {
        guard request.repeatedNames.isEmpty, let state = request.query["state"],
            let pending = cookies.pending(of: request, state: state, now: now())
        else {
            return words(400, "This log-in has taken longer than ten minutes, or was begun in another browser.")
        }
        var answer = end(request, pending)
        answer.headers += cookies.end(pending)
        return answer
    }

    /// What belongs to a log-in that was begun here.
    private func end(_ request: HTTPRequest, _ pending: LoginCookies.Pending) -> HTTPResponse {
        // RFC 9207: another issuer's answer.
        let issuer = request.query["iss"]
        guard issuer == settings.issuer || issuer == nil && provider.known?.saysWho != true else {
            return words(400, "This answer is of another issuer.")
        }
        if let error = request.query["error"] {
            log.warning("login.refused", "the issuer refused a log-in", ["error": .text(String(printable(error).prefix(64)))])
            return words(403, "The issuer refused the log-in.")
        }
        guard let code = request.query["code"], !code.isEmpty, code.utf8.count <= Login.codeBytesMax else {
            return words(400, "This answer has no code.")
        }
        guard states.take(pending.state) else { return words(400, "This answer has come before.") }
        return asked(logins) { () throws(LoginProvider.Problem) in
            let tokens = try provider.tokens(code: code, verifier: pending.verifier, redirect: redirect)
            if let failure = failure(of: tokens.access) {
                return words(
                    502,
                    "The issuer's access token is not accepted here (\(failure.rawValue)). Whoever runs this server: look at http.tokens.audiences and http.login.client."
                )
            }
            let session = LoginCookies.Session(access: tokens.access, refresh: tokens.refresh, begun: now())
            guard let headers = cookies.set(session) else {
                return words(502, "The issuer's access token is too large for a browser's cookies: give it fewer claims.")
            }
            return seeOther("./", headers)
        }
    }

    private func refresh(_ request: HTTPRequest) -> HTTPResponse {
        guard isOwn(request) else { return .problem(403, "this has to come from the console's own page") }
        guard let session = cookies.session(of: request, now: now()), let refresh = session.refresh else {
            return .problem(401, "there is no log-in that can be renewed; log in again", headers: cookies.endSession)
        }
        guard let isFree = taken(renewals) else { return busy }
        defer { isFree() }
        do throws(LoginProvider.Problem) {
            let tokens = try provider.tokens(refresh: refresh)
            var renewed = session
            renewed.refresh = tokens.refresh ?? refresh
            let failure = failure(of: tokens.access)
            if failure == nil { renewed.access = tokens.access }
            guard let headers = cookies.set(renewed) else { return .problem(502, "the issuer's access token is too large") }
            // The new refresh token is kept even so: the one before is good for nothing any more.
            if let failure {
                return .problem(
                    [.noKeys, .unknownKey].contains(failure) ? 503 : 502,
                    "the issuer's new access token is not accepted here (\(failure.rawValue))", headers: headers)
            }
            return HTTPResponse(status: 204, contentType: "", headers: headers, body: [])
        } catch {
            note(error)
            return error.isRefusal
                ? .problem(401, "the issuer does not renew this log-in; log in again", headers: cookies.endSession)
                : .problem(502, "the log-in could not be renewed: \(error)")
        }
    }

    private func leave(_ request: HTTPRequest) -> HTTPResponse {
        guard isOwn(request) else { return .problem(403, "this has to come from the console's own page") }
        if let refresh = cookies.session(of: request, now: now())?.refresh, let isFree = taken(renewals) {
            provider.revoke(refresh)
            isFree()
        }
        // Nobody waits for the issuer to be told where its log-in ends. Amazon Cognito has a name of its own for where one comes back to.
        let place = provider.known?.endSession.map { end in
            let back = settings.address + "/console/"
            return end + (end.contains("?") ? "&" : "?")
                + LoginProvider.form([
                    ("client_id", settings.client), ("post_logout_redirect_uri", back), ("logout_uri", back),
                ])
        }
        var answer = HTTPResponse.json(jsonLine { $0.member("to", place) })
        answer.headers += cookies.endSession
        return answer
    }

    /// Why a token of a log-in is none here; nil where it is one.
    private func failure(of access: String) -> TokenFailure? {
        var found: TokenFailure?
        do throws(TokenFailure) {
            if try claims(access).issuer != settings.issuer { found = .issuer }
        } catch { found = error }
        if let found { log.warning("login.token", "the token of a log-in was not accepted", ["reason": .text(found.rawValue)]) }
        return found
    }

    // MARK: Asking the issuer

    /// What gives the slot back; nil where there is none.
    private func taken(_ slots: Slots) -> (() -> Void)? {
        let isFree = slots.count.withLock { count in
            guard count < Login.askingMax else { return false }
            count += 1
            return true
        }
        return isFree ? { slots.count.withLock { $0 -= 1 } } : nil
    }

    private var busy: HTTPResponse { .problem(503, "too many log in at once; try again", headers: [("Retry-After", "2")]) }

    private func asked(_ slots: Slots, _ body: () throws(LoginProvider.Problem) -> HTTPResponse) -> HTTPResponse {
        guard let isFree = taken(slots) else { return busy }
        defer { isFree() }
        do throws(LoginProvider.Problem) { return try body() } catch {
            note(error)
            return words(error.isRefusal ? 403 : 502, "The log-in did not work: \(error).")
        }
    }

    private func note(_ problem: LoginProvider.Problem) {
        log.warning(
            "login.issuer", "a log-in could not be carried out: \(problem)", key: problem.description,
            ["detail": .text(String(printable(problem.detail).prefix(256)))])
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
            headers: [("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")],
            body: Array("\(text)\nOpen \(settings.address)/console/ and log in again.\n".utf8))
    }

    /// 256 bits.
    private static func random() -> String {
        var random = SystemRandomNumberGenerator()
        return TokenText.encoded((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}
