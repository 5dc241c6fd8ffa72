import HTTPServer
import TestSupport
import Testing
import Tokens

@testable import Worker

/// What a browser keeps of a log-in to the console.
@Suite("cookies of a log-in", .limited)
struct LoginCookiesTests {
    private let cookies = LoginCookies(Sealer())

    /// A request of a browser that was sent these.
    private func request(_ sent: [(name: String, value: String)]) -> HTTPRequest {
        let pairs = sent.map { field in String(field.value.prefix { $0 != ";" }) }.filter { !$0.hasSuffix("=") }
        return HTTPRequest(
            method: "GET", path: "/", headers: HTTPHeaders([(name: "Cookie", value: pairs.joined(separator: "; "))]))
    }

    @Test("a log-in under way is good for ten minutes, and not before it was begun")
    func pending() {
        let pending = LoginCookies.Pending(state: "s", verifier: "v", begun: 1_000)
        let request = request(cookies.set(pending))
        for (now, isGood) in [(999, false), (1_000, true), (1_600, true), (1_601, false)] as [(Int64, Bool)] {
            #expect((cookies.pending(of: request, now: now) == pending) == isGood)
        }
        #expect(cookies.session(of: request) == nil)
    }

    @Test("what is sealed for one thing is no other, and of another server's key it is nothing")
    func purposes() throws {
        let session = LoginCookies.Session(access: "a", refresh: "r")
        let sent = try #require(cookies.set(session))
        #expect(cookies.session(of: request(sent)) == session)
        #expect(LoginCookies(Sealer()).session(of: request(sent)) == nil)
        let moved = sent.map { (name: $0.name, value: $0.value.replacing("session-0", with: "login")) }
        #expect(cookies.pending(of: request(moved), now: 0) == nil)
    }

    @Test("tokens come back whole in three pieces at most; a refresh token that does not fit is left out")
    func pieces() throws {
        for (access, refresh, pieces) in [(10, 10, 1), (2_000, 1_500, 2), (4_000, 4_000, 3)] {
            let session = LoginCookies.Session(
                access: String(repeating: "a", count: access), refresh: String(repeating: "r", count: refresh))
            let sent = try #require(cookies.set(session))
            #expect(sent.count == 3 && sent.filter { !$0.value.contains("Max-Age=0") }.count == pieces)
            #expect(sent.allSatisfy { $0.value.utf8.count < 4_096 })
            #expect(cookies.session(of: request(sent)) == session)
            #expect(pieces == 1 || cookies.session(of: request(Array(sent.dropFirst()))) == nil, "a piece is missing")
        }
        let long = String(repeating: "x", count: 8_000)
        let sent = try #require(cookies.set(LoginCookies.Session(access: long, refresh: long)))
        #expect(cookies.session(of: request(sent)) == LoginCookies.Session(access: long, refresh: nil))
        #expect(cookies.set(LoginCookies.Session(access: long + long, refresh: nil)) == nil)
    }

    @Test("no script reads them, nothing but this host over TLS is sent them, and a name that comes twice is none")
    func attributes() throws {
        let session = LoginCookies.Session(access: "a", refresh: nil)
        let sent = try #require(cookies.set(session))
        let begun = cookies.set(LoginCookies.Pending(state: "s", verifier: "v", begun: 0))
        let all = sent + begun + cookies.endSession + cookies.endPending
        for cookie in all {
            #expect(cookie.name == "Set-Cookie" && cookie.value.hasPrefix("__Host-converge-"))
            for attribute in ["; Path=/;", "; Secure;", "; HttpOnly;"] { #expect(cookie.value.contains(attribute)) }
            #expect(!cookie.value.contains("Domain"))
            #expect(cookie.value.contains(cookie.value.contains("-session-") ? "SameSite=Strict" : "SameSite=Lax"))
        }
        #expect(cookies.session(of: request(sent + sent)) == nil)
        #expect(cookies.session(of: HTTPRequest(method: "GET", path: "/")) == nil)
        // What an earlier, longer session left is taken away with a shorter one.
        #expect(sent.filter { $0.value.contains("Max-Age=0") }.count == 2)
    }
}
