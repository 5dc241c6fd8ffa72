import HTTPServer
import TestSupport
import Testing
import Tokens

@testable import Worker

/// What a browser keeps of a log-in to the console.
@Suite("cookies of a log-in", .limited)
struct LoginCookiesTests {
    private let sealer = Sealer()
    private let cookies: LoginCookies

    init() { cookies = LoginCookies(sealer, owner: "https://id.example console") }

    /// A request of a browser that was sent these.
    private func request(_ sent: [(name: String, value: String)]) -> HTTPRequest {
        let pairs = sent.map { field in String(field.value.prefix { $0 != ";" }) }.filter { !$0.hasSuffix("=") }
        return HTTPRequest(
            method: "GET", path: "/", headers: HTTPHeaders([(name: "Cookie", value: pairs.joined(separator: "; "))]))
    }

    private func session(_ access: String, _ refresh: String?, begun: Int64 = 1_000) -> LoginCookies.Session {
        LoginCookies.Session(access: access, refresh: refresh, begun: begun)
    }

    @Test("a log-in under way is good for ten minutes, also where another process's clock is a minute behind")
    func pending() {
        let pending = LoginCookies.Pending(state: "state-1-one", verifier: "v", begun: 1_000)
        let request = request(cookies.set(pending))
        for (now, isGood) in [(939, false), (940, true), (1_000, true), (1_600, true), (1_601, false)] as [(Int64, Bool)] {
            #expect((cookies.pending(of: request, state: pending.state, now: now) == pending) == isGood)
        }
        #expect(cookies.session(of: request, now: 1_000) == nil)
        for state in ["", "state-1-two", "state-1-", "other", "; x=y"] {
            #expect(cookies.pending(of: request, state: state, now: 1_000) == nil)
        }
    }

    @Test("two tabs log in beside each other, and one that is done takes nothing from the other")
    func tabs() {
        let one = LoginCookies.Pending(state: "11111111-one", verifier: "v", begun: 1_000)
        let other = LoginCookies.Pending(state: "22222222-other", verifier: "w", begun: 1_001)
        let both = request(cookies.set(one) + cookies.set(other))
        #expect(cookies.pending(of: both, state: one.state, now: 1_002) == one)
        #expect(cookies.pending(of: both, state: other.state, now: 1_002) == other)
        #expect(cookies.end(one).allSatisfy { !$0.value.contains("22222222") })
    }

    @Test("twelve hours after somebody logged in they log in again, whatever was renewed")
    func age() throws {
        let sent = try #require(cookies.set(session("a", "r", begun: 0)))
        #expect(cookies.session(of: request(sent), now: 12 * 3600) != nil)
        #expect(cookies.session(of: request(sent), now: 12 * 3600 + 1) == nil)
    }

    @Test("what is sealed for one thing is no other, and of another server's key it is nothing")
    func purposes() throws {
        let session = session("a", "r")
        let sent = try #require(cookies.set(session))
        #expect(cookies.session(of: request(sent), now: 1_000) == session)
        #expect(LoginCookies(Sealer(), owner: "https://id.example console").session(of: request(sent), now: 1_000) == nil)
        #expect(LoginCookies(sealer, owner: "https://else.example console").session(of: request(sent), now: 1_000) == nil)
        let moved = sent.map { (name: $0.name, value: $0.value.replacing("session-0", with: "login-11111111")) }
        #expect(cookies.pending(of: request(moved), state: "11111111", now: 1_000) == nil)
    }

    @Test("tokens come back whole in three pieces at most; a refresh token that does not fit is left out")
    func pieces() throws {
        for (access, refresh, pieces) in [(10, 10, 1), (2_000, 1_500, 2), (4_000, 4_000, 3)] {
            let session = session(String(repeating: "a", count: access), String(repeating: "r", count: refresh))
            let sent = try #require(cookies.set(session))
            #expect(sent.count == 3 && sent.filter { !$0.value.contains("Max-Age=0") }.count == pieces)
            #expect(sent.allSatisfy { $0.value.utf8.count < 4_096 })
            #expect(cookies.session(of: request(sent), now: 1_000) == session)
            #expect(
                pieces == 1 || cookies.session(of: request(Array(sent.dropFirst())), now: 1_000) == nil, "a piece is missing")
        }
        let long = String(repeating: "x", count: 8_000)
        let sent = try #require(cookies.set(session(long, long)))
        #expect(cookies.session(of: request(sent), now: 1_000) == session(long, nil))
        #expect(cookies.set(session(long + long, nil)) == nil)
    }

    @Test("no script reads them, nothing but this host over TLS is sent them, and a name that comes twice is none")
    func attributes() throws {
        let sent = try #require(cookies.set(session("a", nil)))
        let pending = LoginCookies.Pending(state: "s", verifier: "v", begun: 0)
        let all = sent + cookies.set(pending) + cookies.endSession + cookies.end(pending)
        for cookie in all {
            #expect(cookie.name == "Set-Cookie" && cookie.value.hasPrefix("__Host-converge-"))
            for attribute in ["; Path=/;", "; Secure;", "; HttpOnly;"] { #expect(cookie.value.contains(attribute)) }
            #expect(!cookie.value.contains("Domain"))
            #expect(cookie.value.contains(cookie.value.contains("-session-") ? "SameSite=Strict" : "SameSite=Lax"))
        }
        #expect(cookies.session(of: request(sent + sent), now: 1_000) == nil)
        #expect(cookies.session(of: HTTPRequest(method: "GET", path: "/"), now: 1_000) == nil)
        // What an earlier, longer session left is taken away with a shorter one.
        #expect(sent.filter { $0.value.contains("Max-Age=0") }.count == 2)
    }
}
