import HTTPClient
import JSON
import Platform
import Synchronization

/// The issuer that people log in at: where it is asked for codes and tokens (OpenID Connect Discovery 1.0), and asked.
///
/// Requests take ``timeouts`` and ``bodyBytesMax`` at most; certificates are verified and redirects not followed. What it says of its addresses is kept for an hour.
final class LoginProvider: Sendable {
    private static let timeouts = HTTPTimeouts(
        connect: .milliseconds(1_500), firstByte: .seconds(4), idle: .seconds(2), total: .seconds(6))
    private static let bodyBytesMax = 64 << 10
    private static let keptMilliseconds: Int64 = 3_600_000

    /// Why it could not be asked, or said no; for people, without what is secret.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        /// Whether it said no, as against saying nothing.
        let isRefusal: Bool
    }

    struct Places: Equatable {
        var authorization: String
        var token: HTTPURL
        var endSession: String?
    }

    struct Tokens: Equatable {
        var access: String
        var refresh: String?
    }

    private let settings: LoginSettings
    private let client: HTTPClient
    private let kept = Mutex<(places: Places, at: Int64)?>(nil)

    init(_ settings: LoginSettings, _ environment: Environment = .process) throws {
        self.settings = settings
        var options = HTTPOptions(environment)
        options.bodyBytesMax = LoginProvider.bodyBytesMax
        client = try HTTPClient(options)
    }

    func places() throws(Problem) -> Places {
        let now = monotonicMilliseconds()
        if let known = kept.withLock({ $0 }), now - known.at < LoginProvider.keptMilliseconds { return known.places }
        let base = settings.issuer.hasSuffix("/") ? String(settings.issuer.dropLast()) : settings.issuer
        guard let url = HTTPURL(base + "/.well-known/openid-configuration") else {
            throw Problem(description: "the issuer's address cannot be asked", isRefusal: false)
        }
        let places: Places = try ask(HTTPRequest(.get, url, headers: [HTTPHeader("Accept", "application/json")])) { root in
            // It has to be the issuer that was asked for (section 4.3): or somebody else's log-in would be taken for it.
            guard root.member("issuer")?.text == settings.issuer,
                let authorization = root.member("authorization_endpoint")?.text,
                let token = root.member("token_endpoint")?.text.flatMap({ HTTPURL($0) }),
                LoginProvider.isSafe(authorization), LoginProvider.isSafe("\(token)")
            else { return nil }
            let end = root.member("end_session_endpoint")?.text.flatMap { LoginProvider.isSafe($0) ? $0 : nil }
            return Places(authorization: authorization, token: token, endSession: end)
        }
        kept.withLock { $0 = (places, now) }
        return places
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

    private func tokens(_ members: [(String, String)]) throws(Problem) -> Tokens {
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
        let request = HTTPRequest(.post, try places().token, headers: headers, body: Array(form.utf8))
        return try ask(request) { root in
            guard root.member("token_type")?.text?.lowercased() == "bearer", let access = root.member("access_token")?.text,
                !access.isEmpty
            else { return nil }
            return Tokens(access: access, refresh: root.member("refresh_token")?.text)
        }
    }

    private func ask<Value>(_ request: HTTPRequest, _ read: (JSONValue) -> Value?) throws(Problem) -> Value {
        var request = request
        request.timeouts = LoginProvider.timeouts
        let answer: HTTPResponse
        do { answer = try client.perform(request) } catch {
            throw Problem(description: "the issuer does not answer", isRefusal: false)
        }
        guard answer.isSuccess else {
            throw Problem(
                description: "the issuer said no (status \(answer.status))", isRefusal: (400..<500).contains(answer.status))
        }
        let parser = JSONParser()
        let bytes = answer.body.withBytes { Array($0) }
        let found = bytes.withUnsafeBytes { bytes in
            withExtendedLifetime(parser) { (try? parser.parse(bytes).root).flatMap { $0.isObject ? read($0) : nil } }
        }
        guard let found else { throw Problem(description: "what the issuer answered cannot be used", isRefusal: false) }
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
