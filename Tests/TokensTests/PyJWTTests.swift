import Foundation
import Servers
import TestSupport
import Testing
import Tokens

@Suite("tokens that PyJWT made", .waiting(minutes: 5))
struct PyJWTTests {
    @Test("good ones are taken, and each attack of RFC 8725 and each broken rule is refused for its own reason")
    func cases() throws {
        let document = try TokenMaker.cases()
        let now = try #require(document["now"] as? Double)
        let sets = try #require(document["sets"] as? [String: Any]).mapValues { set in
            try KeySet(Array(JSONSerialization.data(withJSONObject: set)))
        }
        let issuers = sets.keys.map { TokenIssuer(name: $0, audiences: ["converge"]) }
        let verifier = TokenVerifier(issuers: issuers, leeway: 30)
        let cases = try #require(document["cases"] as? [[String: String]])
        #expect(cases.count > 40)
        for one in cases {
            let (name, token) = try (#require(one["name"]), #require(one["token"]))
            var found = "ok"
            do throws(TokenFailure) {
                _ = try verifier.verify(token, now: now) { issuer, id throws(TokenFailure) in
                    guard let key = sets[issuer.name]?.keys[id] else { throw .unknownKey }
                    return key
                }
            } catch { found = error.rawValue }
            #expect(found == one["expected"], "\(name)")
        }
    }

    @Test("keys that are too small or on another curve are passed over")
    func keys() throws {
        let sets = try #require(try TokenMaker.cases()["sets"] as? [String: Any])
        let set = try KeySet(Array(JSONSerialization.data(withJSONObject: try #require(sets["https://east.example"]))))
        #expect(Array(set.keys.keys) == ["r"] && set.skipped.count == 2)
    }
}
