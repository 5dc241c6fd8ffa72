import HTTPServer
import JSON
import Platform
import Tokens

/// What a browser keeps of a log-in, sealed: nobody but this server reads it or makes another one. Nothing is kept on the server, so any process with the same key
/// serves the browser.
///
/// - `__Host-converge-login-XXXXXXXX`: of a log-in under way, for ten minutes: what its answer has to fit. Named by the state's beginning, so that two tabs log in beside
///   each other. SameSite=Lax, as the answer comes by a link of the issuer's.
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
        /// When somebody last logged in, in seconds since 1970: it is kept when the tokens are renewed.
        var begun: Int64
    }

    static let pendingSeconds: Int64 = 600
    /// Then somebody has to log in again, whatever the issuer would give.
    static let sessionSeconds: Int64 = 12 * 3600
    /// How far the clocks of processes behind one address may be apart.
    private static let skewSeconds: Int64 = 60
    private static let pendingName = "__Host-converge-login-"
    private static let sessionName = "__Host-converge-session-"
    private static let piecesMax = 3
    /// Of a piece: with its name and attributes it is below 4,096 bytes.
    private static let pieceBytes = 3_800

    private let sealer: Sealer
    /// What the purposes of what is sealed begin with: tokens of one issuer and client are none of another one's.
    private let owner: String

    init(_ sealer: Sealer, owner: String) { (self.sealer, self.owner) = (sealer, owner) }

    // MARK: Writing

    func set(_ pending: Pending) -> [(name: String, value: String)] {
        let text = jsonLine { json in
            json.member("begun", pending.begun)
            json.member("state", pending.state)
            json.member("verifier", pending.verifier)
        }
        return [
            cookie(
                LoginCookies.name(pending.state), sealed(text, "login"),
                "SameSite=Lax; Max-Age=\(LoginCookies.pendingSeconds)")
        ]
    }

    /// Nil where it does not fit. A refresh token that does not fit is left out: the session then ends with its access token. They live as long as the browser is open.
    func set(_ session: Session) -> [(name: String, value: String)]? {
        for refresh in [session.refresh, nil] {
            let text = jsonLine { json in
                json.member("access", session.access)
                json.member("begun", session.begun)
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

    /// Takes a log-in under way away.
    func end(_ pending: Pending) -> [(name: String, value: String)] {
        [ended(LoginCookies.name(pending.state), "SameSite=Lax")]
    }

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
        TokenText.encoded(sealer.seal(Array(text.utf8), for: "\(owner) \(purpose)"))
    }

    /// A state that somebody made up may hold anything, which then is the name of no cookie.
    private static func name(_ state: String) -> String { pendingName + state.prefix(8) }

    // MARK: Reading

    /// The log-in under way that has this state; nil where there is none, it was not sealed here, or its time is over.
    func pending(of request: HTTPRequest, state: String, now: Int64) -> Pending? {
        guard let text = LoginCookies.cookies(request)[LoginCookies.name(state)] else { return nil }
        let found = opened(text, "login") { root in
            root.member("state")?.text.flatMap { state in
                root.member("verifier")?.text.flatMap { verifier in
                    LoginCookies.seconds(root, "begun").map { Pending(state: state, verifier: verifier, begun: $0) }
                }
            }
        }
        guard let found, found.state == state,
            (-LoginCookies.skewSeconds...LoginCookies.pendingSeconds).contains(now - found.begun)
        else { return nil }
        return found
    }

    /// Nil where there is none, it was not sealed here, or somebody has to log in again.
    func session(of request: HTTPRequest, now: Int64) -> Session? {
        let cookies = LoginCookies.cookies(request)
        let text = (0..<LoginCookies.piecesMax).map { cookies["\(LoginCookies.sessionName)\($0)"] ?? "" }.joined()
        guard !text.isEmpty else { return nil }
        let found = opened(text, "session") { root in
            root.member("access")?.text.flatMap { access in
                LoginCookies.seconds(root, "begun").map {
                    Session(access: access, refresh: root.member("refresh")?.text, begun: $0)
                }
            }
        }
        guard let found, now - found.begun <= LoginCookies.sessionSeconds else { return nil }
        return found
    }

    private static func seconds(_ root: JSONValue, _ name: StaticString) -> Int64? {
        root.member(name).flatMap { Int64($0.bytes.text) }
    }

    private func opened<Value>(_ text: String, _ purpose: String, _ read: (JSONValue) -> Value?) -> Value? {
        guard let sealed = TokenText.decoded(text), let bytes = sealer.open(sealed, for: "\(owner) \(purpose)") else {
            return nil
        }
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
