import HTTPClient
import JSON
import Platform
import Synchronization

/// The issuer that people log in at: where it is asked for codes and tokens (OpenID Connect Discovery 1.0), and asked.
///
/// Requests take ``timeouts`` and ``bodyBytesMax`` at most; certificates are verified and redirects not followed. What it says of its addresses is asked for again after an
/// hour; while it does not answer, what it said before goes on.
final class LoginProvider: Sendable {
    private static let timeouts = HTTPTimeouts(
        connect: .milliseconds(1_500), firstByte: .seconds(4), idle: .seconds(2), total: .seconds(6))
    private static let bodyBytesMax = 64 << 10
    private static let keptMilliseconds: Int64 = 3_600_000
    /// After a question that was not answered.
    private static let pauseMilliseconds: Int64 = 10_000

    /// Why it could not be asked, or said no; for people, without what is secret.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        /// Whether it said no to what was sent (400 or 401), as against saying nothing, or that it is not well.
        let isRefusal: Bool
        /// For the log alone: what the issuer or the network said.
        var detail = ""
    }

    struct Places: Equatable {
        var authorization: String
        var token: HTTPURL
        var endSession: String?
        var revocation: HTTPURL?
        /// Whether it always says in its answer who it is (RFC 9207).
        var saysWho: Bool
    }

    struct Tokens: Equatable {
        var access: String
        var refresh: String?
    }

    private let settings: LoginSettings
    private let client: HTTPClient
    /// `next`: when it is asked again.
    private let kept = Mutex<(places: Places?, next: Int64)>((nil, 0))

    init(_ settings: LoginSettings, _ environment: Environment = .process) throws {
        self.settings = settings
        var options = HTTPOptions(environment)
        options.bodyBytesMax = LoginProvider.bodyBytesMax
        client = try HTTPClient(options)
    }

    /// What it said last, without asking.
    var known: Places? { kept.withLock { $0.places } }

    func places() throws(Problem) -> Places {
        let now = monotonicMilliseconds()
        let (known, next) = kept.withLock { $0 }
        if let known, now < next { return known }
        do throws(Problem) {
            let places = try discovered()
            kept.withLock { $0 = (places, now + LoginProvider.keptMilliseconds) }
            return places
        } catch {
            guard let known else { throw error }
            kept.withLock { $0.next = now + LoginProvider.pauseMilliseconds }
            return known
        }
    }

    private func discovered() throws(Problem) -> Places {
        let base = settings.issuer.hasSuffix("/") ? String(settings.issuer.dropLast()) : settings.issuer
        guard let url = HTTPURL(base + "/.well-known/openid-configuration") else {
            throw Problem(description: "the issuer's address cannot be asked", isRefusal: false)
        }
        return try ask(HTTPRequest(.get, url, headers: [HTTPHeader("Accept", "application/json")])) { root in
            // It has to be the issuer that was asked for (section 4.3): or somebody else's log-in would be taken for it.
            guard root.member("issuer")?.text == settings.issuer,
                let authorization = root.member("authorization_endpoint")?.text,
                let token = root.member("token_endpoint")?.text.flatMap({ HTTPURL($0) }),
                LoginProvider.isSafe(authorization), LoginProvider.isSafe("\(token)")
            else { return nil }
            let end = root.member("end_session_endpoint")?.text.flatMap { LoginProvider.isSafe($0) ? $0 : nil }
            let revocation = root.member("revocation_endpoint")?.text.flatMap { LoginProvider.isSafe($0) ? HTTPURL($0) : nil }
            let saysWho = root.member("authorization_response_iss_parameter_supported")?.bytes.text == "true"
            return Places(
                authorization: authorization, token: token, endSession: end, revocation: revocation, saysWho: saysWho)
        }
    }

    private static func isSafe(_ address: String) -> Bool {
        address.hasPrefix("https://") && address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    }

    /// Where a browser is sent for a code.
    func authorization(state: String, challenge: String, redirect: String) throws(Problem) -> String {
        let places = try places()
        let form = LoginProvider.form([
            ("response_type", "code"), ("client_id", settings.client), ("redirect_uri", redirect),
            ("scope", settings.scopes.joined(separator: " ")), ("state", state), ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ])
        return places.authorization + (places.authorization.contains("?") ? "&" : "?") + form
    }

    func tokens(code: String, verifier: String, redirect: String) throws(Problem) -> Tokens {
        try tokens([
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", verifier),
        ])
    }

    func tokens(refresh: String) throws(Problem) -> Tokens {
        try tokens([("grant_type", "refresh_token"), ("refresh_token", refresh)])
    }

    /// Ends what a refresh token is good for (RFC 7009), where the issuer has a place for it. One that does not answer has not.
    func revoke(_ refresh: String) {
        guard let place = known?.revocation else { return }
        _ = try? ask(posted([("token", refresh), ("token_type_hint", "refresh_token")], to: place)) { _ in true }
    }

    private func tokens(_ members: [(String, String)]) throws(Problem) -> Tokens {
        try ask(posted(members, to: try places().token)) { root in
            guard root.member("token_type")?.text?.lowercased() == "bearer", let access = root.member("access_token")?.text,
                !access.isEmpty
            else { return nil }
            return Tokens(access: access, refresh: root.member("refresh_token")?.text)
        }
    }

    private func posted(_ members: [(String, String)], to place: HTTPURL) -> HTTPRequest {
        var headers = [
            HTTPHeader("Accept", "application/json"), HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ]
        if let secret = settings.secret {
            // RFC 6749 section 2.3.1: each form-encoded first.
            var text = ByteBuffer()
            let pair = LoginProvider.encoded(settings.client) + ":" + LoginProvider.encoded(secret.revealed)
            Array(pair.utf8).withUnsafeBytes { text.appendBase64($0) }
            headers.append(HTTPHeader("Authorization", "Basic " + text.bytes.text))
        }
        let form = LoginProvider.form(members + [("client_id", settings.client)])
        var request = HTTPRequest(.post, place, headers: headers, body: Array(form.utf8))
        // Sent once: a code or a refresh token that comes twice was stolen, for all that the issuer knows.
        request.isFresh = true
        return request
    }

    private func ask<Value>(_ request: HTTPRequest, _ read: (JSONValue) -> Value?) throws(Problem) -> Value {
        var request = request
        request.timeouts = LoginProvider.timeouts
        let answer: HTTPResponse
        do { answer = try client.perform(request) } catch {
            throw Problem(description: "the issuer does not answer", isRefusal: false, detail: "\(error)")
        }
        let parser = JSONParser()
        let bytes = answer.body.withBytes { Array($0) }
        func parsed<Found>(_ read: (JSONValue) -> Found?) -> Found? {
            bytes.withUnsafeBytes { bytes in
                withExtendedLifetime(parser) { (try? parser.parse(bytes).root).flatMap { $0.isObject ? read($0) : nil } }
            }
        }
        guard answer.isSuccess else {
            throw Problem(
                description: "the issuer said no (status \(answer.status))", isRefusal: [400, 401].contains(answer.status),
                detail: parsed { $0.member("error")?.text } ?? "")
        }
        guard let found = parsed(read) else {
            throw Problem(description: "what the issuer answered cannot be used", isRefusal: false)
        }
        return found
    }

    static func form(_ members: [(String, String)]) -> String {
        members.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
    }

    /// Everything but what RFC 3986 leaves alone.
    private static func encoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }
}
