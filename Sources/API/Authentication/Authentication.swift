import HTTPServer
import Observability
import Platform
import Tokens

/// Says who asks, by the bearer token of a request, and whether they may: middleware of all routes.
///
/// A route that is not open wants a token that has one of its scopes. What is not served, and what is open, is answered to anybody. Why a token is not
/// taken goes into the log and a counter; the client hears the codes of RFC 6750 alone. A stream ends with the token that it was opened with.
package struct Authentication: Sendable {
    private let gate: TokenGate
    private let log: Log
    private let denials: Denials
    private let wall: @Sendable () -> Double

    /// `denials` counts the requests that are refused although the token is good. `wall`: seconds since 1970.
    package init(
        _ gate: TokenGate, denials: Denials, _ log: Log,
        wall: @escaping @Sendable () -> Double = { Double(Timestamp.now.milliseconds) / 1000 }
    ) {
        self.wall = wall
        self.gate = gate
        self.denials = denials
        self.log = log
    }

    package func answer(
        _ request: HTTPRequest, _ route: HTTPRoute?, _ next: (HTTPRequest) -> HTTPResponse
    ) -> HTTPResponse {
        guard let route else { return next(request) }
        if case .known = route.access { return known(request, next) }
        guard case .scopes(let scopes) = route.access else { return next(request) }
        guard let field = request.header("authorization") else {
            // Who brought nothing has made no mistake: no code (RFC 6750 section 3.1).
            return Authentication.refusal(401, "send an access token: Authorization: Bearer TOKEN", "Bearer realm=\"converge\"")
        }
        let claims: TokenClaims
        do throws(TokenFailure) { claims = try gate.claims(of: Authentication.token(field)) } catch {
            log.warning(
                "http.token", "a token was not accepted", key: error.rawValue,
                ["reason": .text(error.rawValue), "peer": .text(request.peer), "request": .text(request.id)])
            // The client's token may be a good one: nobody can tell.
            guard error != .noKeys else { return Authentication.noKeys }
            return Authentication.refusal(
                401, "the access token is not accepted; get a new one", "Bearer realm=\"converge\", error=\"invalid_token\"")
        }
        guard !claims.scopes.isDisjoint(with: scopes) else {
            denials.count(.scope)
            let wanted = scopes.joined(separator: " ")
            return Authentication.refusal(
                403, "the access token has none of the scopes of this route: \(scopes.joined(separator: ", "))",
                "Bearer realm=\"converge\", error=\"insufficient_scope\", scope=\"\(wanted)\"")
        }
        var request = request
        request.caller = caller(claims)
        let answer = next(request)
        if request.isAgents, answer.status == 403 { denials.count(.agent) }
        // What a token allows ends with it.
        if case .stream(let stream) = answer.body {
            stream.end(
                inMilliseconds: Int64(min(max(0, gate.end(of: claims) - wall()), Authentication.streamSecondsMax) * 1000))
        }
        return answer
    }

    /// With its caller, where it brought a good token. While nobody can tell whether it is one, nobody says that it is none.
    private func known(_ request: HTTPRequest, _ next: (HTTPRequest) -> HTTPResponse) -> HTTPResponse {
        guard let field = request.header("authorization") else { return next(request) }
        do throws(TokenFailure) {
            var request = request
            request.caller = caller(try gate.claims(of: Authentication.token(field)))
            return next(request)
        } catch { return error == .noKeys ? Authentication.noKeys : next(request) }
    }

    private func caller(_ claims: TokenClaims) -> HTTPCaller {
        let end = min(gate.end(of: claims), wall() + Authentication.streamSecondsMax)
        return HTTPCaller(
            issuer: claims.issuer, subject: claims.subject, scopes: claims.scopes, agent: claims.agent,
            until: Timestamp(milliseconds: Int64(end * 1000)))
    }

    private static var noKeys: HTTPResponse {
        .problem(
            503, "tokens cannot be verified now: the issuer's keys have not been read yet", headers: [("Retry-After", "10")])
    }

    /// Issuers may say more; a number has to be one of milliseconds.
    private static let streamSecondsMax = 1e9

    /// Of `Bearer TOKEN`; empty, which is no token, where it is something else. The scheme's case does not matter (RFC 9110 section 11.1).
    private static func token(_ field: String) -> String {
        let scheme = "bearer "
        guard field.utf8.count > scheme.utf8.count,
            // A bit more than the case of letters, which no other byte of the scheme has.
            zip(field.utf8, scheme.utf8).allSatisfy({ $0 == $1 || ($0 | 0x20 == $1 && $1 > UInt8(ascii: "@")) })
        else { return "" }
        return String(Substring(field.utf8.dropFirst(scheme.utf8.count)))
    }

    private static func refusal(_ status: Int, _ detail: String, _ challenge: String) -> HTTPResponse {
        .problem(status, detail, headers: [("WWW-Authenticate", challenge)])
    }
}
