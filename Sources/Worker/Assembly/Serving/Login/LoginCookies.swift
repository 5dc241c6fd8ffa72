import HTTPServer
import JSON
import Platform
import Tokens

/// What a browser keeps of a log-in, sealed: nobody but this server reads it or makes another one. Nothing is kept on the server, so any process with the same key
/// serves the browser.
///
/// - `__Host-converge-login`: of a log-in under way, for ten minutes: what its answer has to fit. SameSite=Lax, as the answer comes by a link of the issuer's.
/// - `__Host-converge-session-0`, `-1`, `-2`: tokens, in pieces, because a browser keeps 4 KiB a cookie. SameSite=Strict.
///
/// All are HttpOnly and Secure, for `/` of this host alone, which the prefix makes browsers enforce.
struct LoginCookies: Sendable {
    /// What the answer of a log-in under way has to fit.
    struct Pending: Equatable {
        var state: String
        /// Of PKCE (RFC 7636).
        var verifier: String
        /// Seconds since 1970.
        var begun: Int64
    }

    struct Session: Equatable {
        var access: String
        var refresh: String?
    }

    static let pendingSeconds: Int64 = 600
    private static let pendingName = "__Host-converge-login"
    private static let sessionName = "__Host-converge-session-"
    private static let piecesMax = 3
    /// Of a piece: with its name and attributes it is below 4,096 bytes.
    private static let pieceBytes = 3_800

    private let sealer: Sealer

    init(_ sealer: Sealer) { self.sealer = sealer }

    // MARK: Writing

    func set(_ pending: Pending) -> [(name: String, value: String)] {
        let text = jsonLine { json in
            json.member("begun", pending.begun)
            json.member("state", pending.state)
            json.member("verifier", pending.verifier)
        }
        return [
            cookie(LoginCookies.pendingName, sealed(text, "login"), "SameSite=Lax; Max-Age=\(LoginCookies.pendingSeconds)")
        ]
    }

    /// Nil where it does not fit. A refresh token that does not fit is left out: the session then ends with its access token. They live as long as the browser is open.
    func set(_ session: Session) -> [(name: String, value: String)]? {
        for refresh in [session.refresh, nil] {
            let text = jsonLine { json in
                json.member("access", session.access)
                json.member("refresh", refresh)
            }
            let sealed = Array(sealed(text, "session"))
            guard sealed.count <= LoginCookies.pieceBytes * LoginCookies.piecesMax else { continue }
            let pieces = stride(from: 0, to: sealed.count, by: LoginCookies.pieceBytes).map { start in
                String(sealed[start..<min(sealed.count, start + LoginCookies.pieceBytes)])
            }
            return (0..<LoginCookies.piecesMax).map { number in
                number < pieces.count
                    ? cookie("\(LoginCookies.sessionName)\(number)", pieces[number], "SameSite=Strict")
                    : ended("\(LoginCookies.sessionName)\(number)", "SameSite=Strict")
            }
        }
        return nil
    }

    /// Takes the log-in under way away.
    var endPending: [(name: String, value: String)] { [ended(LoginCookies.pendingName, "SameSite=Lax")] }

    /// Takes the session away.
    var endSession: [(name: String, value: String)] {
        (0..<LoginCookies.piecesMax).map { ended("\(LoginCookies.sessionName)\($0)", "SameSite=Strict") }
    }

    private func cookie(_ name: String, _ value: String, _ attributes: String) -> (name: String, value: String) {
        ("Set-Cookie", "\(name)=\(value); Path=/; Secure; HttpOnly; \(attributes)")
    }

    private func ended(_ name: String, _ attributes: String) -> (name: String, value: String) {
        cookie(name, "", "\(attributes); Max-Age=0")
    }

    private func sealed(_ text: String, _ purpose: String) -> String {
        TokenText.encoded(sealer.seal(Array(text.utf8), for: purpose))
    }

    // MARK: Reading

    /// Nil where there is none, it was not sealed here, or its time is over.
    func pending(of request: HTTPRequest, now: Int64) -> Pending? {
        guard let text = LoginCookies.cookies(request)[LoginCookies.pendingName] else { return nil }
        return opened(text, "login") { root in
            guard let state = root.member("state")?.text, let verifier = root.member("verifier")?.text,
                let begun = root.member("begun").flatMap({ Int64($0.bytes.text) }),
                (0...LoginCookies.pendingSeconds).contains(now - begun)
            else { return nil }
            return Pending(state: state, verifier: verifier, begun: begun)
        }
    }

    func session(of request: HTTPRequest) -> Session? {
        let cookies = LoginCookies.cookies(request)
        let text = (0..<LoginCookies.piecesMax).map { cookies["\(LoginCookies.sessionName)\($0)"] ?? "" }.joined()
        guard !text.isEmpty else { return nil }
        return opened(text, "session") { root in
            root.member("access")?.text.map { Session(access: $0, refresh: root.member("refresh")?.text) }
        }
    }

    private func opened<Value>(_ text: String, _ purpose: String, _ read: (JSONValue) -> Value?) -> Value? {
        guard let sealed = TokenText.decoded(text), let bytes = sealer.open(sealed, for: purpose) else { return nil }
        let parser = JSONParser()
        return bytes.withUnsafeBytes { bytes in
            withExtendedLifetime(parser) { (try? parser.parse(bytes).root).flatMap(read) }
        }
    }

    /// Of a name that comes twice nothing is taken: a browser sends none twice.
    private static func cookies(_ request: HTTPRequest) -> [String: String] {
        var found: [String: String] = [:]
        var twice: Set<String> = []
        for part in (request.header("cookie") ?? "").split(whereSeparator: { $0 == ";" || $0 == "," }) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            let name = String(sides[0].drop { $0 == " " })
            if found.updateValue(String(sides[1]), forKey: name) != nil { twice.insert(name) }
        }
        for name in twice { found[name] = nil }
        return found
    }
}
