import TestSupport
import Testing
import Tokens

@Suite("the rules by which a token is taken", .limited)
struct TokenVerifierTests {
    private static let now = 1_800_000_000.0
    private static let pool = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
    private static let issuers = [
        TokenIssuer(name: pool, audiences: ["desktop"], scopePrefix: "converge/", agentClaim: "username"),
        TokenIssuer(name: "https://id.example.com", audiences: ["api://converge", "console"], algorithms: [.es256]),
    ]
    private let verifier = TokenVerifier(issuers: issuers, leeway: 30)

    /// Claims of a good token as members; `changes` replaces them, nil removes.
    private static func claims(_ changes: [String: String?] = [:]) -> String {
        var members: [String: String?] = [
            "iss": "\"\(pool)\"", "sub": "\"s-1\"", "client_id": "\"desktop\"", "token_use": "\"access\"",
            "exp": "1800000600", "iat": "1799999900", "scope": "\"converge/read openid converge/session\"",
            "username": "\"maria\"",
        ]
        for (name, value) in changes { members[name] = value }
        return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.sorted().joined(separator: ",")
            + "}"
    }

    private static let keys = (try? KeySet(keySet(Signer.rsa.jwk(), Signer.ec.jwk())))?.keys ?? [:]

    private func verify(_ token: String, now: Double = TokenVerifierTests.now) throws(TokenFailure) -> TokenClaims {
        try verifier.verify(token, now: now) { _, id throws(TokenFailure) in
            guard let key = TokenVerifierTests.keys[id] else { throw .unknownKey }
            return key
        }
    }

    private func failure(_ token: String) -> TokenFailure? {
        do {
            _ = try verify(token)
            return nil
        } catch { return error }
    }

    @Test("an access token of a user pool, which has no audience but a client, is taken")
    func cognito() throws {
        let claims = try verify(Signer.rsa.token(TokenVerifierTests.claims()))
        #expect(
            claims
                == TokenClaims(
                    issuer: TokenVerifierTests.pool, subject: "s-1", scopes: ["read", "session"], agent: "maria",
                    expiresAt: 1_800_000_600))
    }

    @Test("a token with a list of audiences and of scopes, signed on a curve, is taken")
    func okta() throws {
        let token = Signer.ec.token(
            #"{"iss":"https://id.example.com","aud":["other","api://converge"],"sub":"s-2","exp":1800000001.5,"scp":["read","operate"]}"#,
            header: #"{"alg":"ES256","kid":"ec","typ":"at+jwt"}"#)
        let claims = try verify(token)
        #expect(claims.scopes == ["read", "operate"])
        #expect(claims.agent == nil)
    }

    @Test(
        "each rule of the claims refuses what breaks it",
        arguments: [
            (["iss": nil], .issuer), (["iss": "\"https://evil.example\""], .issuer),
            (["iss": "\"\(pool)/\""], .issuer), (["iss": "[\"\(pool)\"]"], .issuer),
            (["exp": nil], .noExpiry), (["exp": "\"1800000600\""], .noExpiry), (["exp": "1e999"], .noExpiry),
            (["exp": "null"], .noExpiry),
            (["exp": "1799999970"], .expired), (["exp": "-1"], .expired),
            (["nbf": "1800000031"], .notYet), (["nbf": "\"soon\""], .notYet), (["iat": "1800000031"], .notYet),
            (["iat": "true"], .notYet),
            (["client_id": nil], .audience), (["client_id": "\"other\""], .audience),
            (["aud": "\"other\""], .audience), (["aud": "[]"], .audience), (["aud": "[1]"], .audience),
            (["aud": "null"], .audience),
            (["token_use": "\"id\""], .use), (["token_use": "1"], .use), (["aud": "\"desktop\"", "token_use": "\"id\""], .use),
            (["sub": nil], .subject), (["sub": "\"\""], .subject), (["sub": "7"], .subject),
            (["sub": "\"" + String(repeating: "x", count: 257) + "\""], .subject),
            (["username": "\"\""], .agent), (["username": "null"], .agent), (["username": "[\"maria\"]"], .agent),
            (["username": "\"" + String(repeating: "x", count: 257) + "\""], .agent),
        ] as [([String: String?], TokenFailure)])
    func claims(changes: [String: String?], expected: TokenFailure) {
        #expect(failure(Signer.rsa.token(TokenVerifierTests.claims(changes))) == expected)
    }

    @Test(
        "what is within the bounds is taken",
        arguments: [
            ["exp": "1799999971"], ["nbf": "1800000030"], ["iat": "1800000030"], ["aud": "\"desktop\"", "client_id": nil],
            ["token_use": nil],
            ["scope": nil], ["scope": "7"], ["exp": "1.8000006e9"], ["sub": "\"" + String(repeating: "x", count: 256) + "\""],
        ] as [[String: String?]])
    func within(changes: [String: String?]) {
        #expect(failure(Signer.rsa.token(TokenVerifierTests.claims(changes))) == nil)
    }

    @Test(
        "each rule of the header refuses what breaks it",
        arguments: [
            (#"{"alg":"none","kid":"rsa"}"#, .algorithm), (#"{"alg":"None","kid":"rsa"}"#, .algorithm),
            (#"{"alg":"HS256","kid":"rsa"}"#, .algorithm), (#"{"alg":"RS512","kid":"rsa"}"#, .algorithm),
            (#"{"alg":"PS256","kid":"rsa"}"#, .algorithm), (#"{"kid":"rsa"}"#, .algorithm),
            (#"{"alg":1,"kid":"rsa"}"#, .algorithm),
            (#"{"alg":"rs256","kid":"rsa"}"#, .algorithm),
            (#"{"alg":"RS256","kid":"rsa","crit":["b64"],"b64":false}"#, .critical),
            (#"{"alg":"RS256","kid":"rsa","crit":[]}"#, .critical), (#"{"alg":"RS256"}"#, .noKeyID),
            (#"{"alg":"RS256","kid":""}"#, .noKeyID),
            (#"{"alg":"RS256","kid":["rsa"]}"#, .noKeyID), (#"{"alg":"RS256","kid":"other"}"#, .unknownKey),
            (#"{"alg":"RS256","kid":"../../rsa"}"#, .unknownKey), (#"{"alg":"RS256","kid":"ec"}"#, .keyMisfit),
            (#"{"alg":"ES256","kid":"rsa"}"#, .keyMisfit), (#"{"alg":"RS256","kid":"rsa","typ":"dpop+jwt"}"#, .type),
            (#"{"alg":"RS256","kid":"rsa","typ":"logout+jwt"}"#, .type),
            (#"{"alg":"RS256","kid":"rsa","alg":"RS256"}"#, .header),
            (#"{"alg":"RS256","kid":"rsa","\u0061lg":"none"}"#, .header), (#"["RS256"]"#, .header), ("", .header),
            ("{", .header),
        ] as [(String, TokenFailure)])
    func header(header: String, expected: TokenFailure) {
        #expect(failure(Signer.rsa.token(TokenVerifierTests.claims(), header: header)) == expected)
    }

    @Test("keys that a token brings along, or says the address of, are not looked at")
    func ownKey() {
        let attacker = Signer(.es256, id: "ec")
        let header =
            #"{"alg":"ES256","kid":"ec","jku":"https://evil.example","x5u":"https://evil.example","jwk":\#(attacker.jwk())}"#
        let claims = TokenVerifierTests.claims()
        #expect(failure(attacker.token(claims, header: header)) == .signature)
    }

    @Test("a public key as the secret of an HMAC gets nobody in")
    func confusion() {
        // Whatever is signed how: the algorithm alone refuses it.
        let message = base64URL(#"{"alg":"HS256","kid":"rsa"}"#.utf8) + "." + base64URL(TokenVerifierTests.claims().utf8)
        #expect(failure(message + "." + base64URL(Array(repeating: 7, count: 32))) == .algorithm)
    }

    @Test("an algorithm that the issuer is not configured for is refused, though its key would fit")
    func algorithm() {
        let claims = TokenVerifierTests.claims(["iss": "\"https://id.example.com\"", "aud": "\"console\""])
        #expect(failure(Signer.rsa.token(claims)) == .algorithm)
    }

    @Test("claims that are no object, or have a member twice, are none")
    func claimsForm() {
        for claims in [
            "", "7", "[]", #"{"iss":"\#(TokenVerifierTests.pool)","iss":"x"}"#, TokenVerifierTests.claims() + "{}",
            TokenVerifierTests.claims(["\\u0065xp": "1"]), "\u{FEFF}" + TokenVerifierTests.claims(),
        ] {
            #expect(failure(Signer.rsa.token(claims)) == .claims, "\(claims)")
        }
    }

    @Test("only three parts of base64url without padding, blanks or spare bits are a token")
    func form() {
        let good = Signer.rsa.token(TokenVerifierTests.claims())
        let parts = good.split(separator: ".").map(String.init)
        let spare = String(parts[2].dropLast()) + (parts[2].hasSuffix("g") ? "h" : parts[2].hasSuffix("A") ? "B" : "_")
        let (header, claims, signature) = (parts[0], parts[1], parts[2])
        let bad: [String] = [
            "", ".", "..", "...", header, "\(header).\(claims)", "\(good).", "\(good).\(signature)", ".\(good)", "\(good)=",
            "\(good) ", " \(good)",
            "\(header)..\(claims)..\(signature)", "\(header)=.\(claims).\(signature)", "\(header).\(claims).",
            "\(header).\(claims).\(signature.dropLast(3))", "Bearer \(good)", "ü.ü.ü",
        ]
        for token in bad {
            let failure = failure(token)
            #expect(failure == .form || failure == .signature || failure == .header, "\(token): \(String(describing: failure))")
        }
        // The last character of 256 bytes carries two bits that count and four that do not.
        #expect(failure(parts[0] + "." + parts[1] + "." + spare) == .form)
        #expect(failure(String(repeating: "a", count: TokenVerifier.bytesMax + 1)) == .tooLong)
    }

    @Test("a signature of ES256 has 64 bytes, and zeros are none")
    func curve() {
        let message = Signer.ec.token(TokenVerifierTests.claims(), header: #"{"alg":"ES256","kid":"ec"}"#).split(separator: ".")
            .prefix(2).joined(separator: ".")
        let good = Signer.ec.signature(message)
        #expect(failure(message + "." + base64URL(good)) == nil)
        for signature in [
            [UInt8](repeating: 0, count: 64), Array(good.dropLast()), good + [0], [UInt8](repeating: 0xFF, count: 64),
            Array(good[32...] + good[..<32]), [0],
        ] {
            #expect(failure(message + "." + base64URL(signature)) == .signature)
        }
    }

    @Test("a token that is changed anywhere is refused")
    func changed() {
        let good = [
            Array(Signer.rsa.token(TokenVerifierTests.claims()).utf8),
            Array(Signer.ec.token(TokenVerifierTests.claims()).utf8),
        ]
        forAll(2_000) { dice in
            var token = dice.pick(good)
            for _ in 0...dice.below(3) {
                let at = dice.below(token.count)
                switch dice.below(4) {
                case 0: token[at] = UInt8(truncatingIfNeeded: dice.next()) & 0x7F
                case 1: token.remove(at: at)
                case 2: token.insert(UInt8(ascii: "."), at: at)
                default: token.swapAt(at, dice.below(token.count))
                }
            }
            let text = String(decoding: token, as: UTF8.self)
            try demand(good.contains(Array(text.utf8)) || failure(text) != nil, "taken: \(text)")
        }
    }

    @Test("leeway is minutes at most")
    func leeway() {
        let generous = TokenVerifier(issuers: TokenVerifierTests.issuers, leeway: 86_400)
        let token = Signer.rsa.token(TokenVerifierTests.claims(["exp": "1799999880"]))
        #expect(throws: TokenFailure.expired) {
            try generous.verify(token, now: TokenVerifierTests.now) { _, id throws(TokenFailure) in
                TokenVerifierTests.keys[id] ?? TokenVerifierTests.keys["rsa"].unsafelyUnwrapped
            }
        }
    }
}
