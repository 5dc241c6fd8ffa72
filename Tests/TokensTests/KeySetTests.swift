import TestSupport
import Testing
import Tokens

@Suite("key sets of issuers", .limited)
struct KeySetTests {
    private static let small = Signer(.rs256, id: "small", bits: 1024)

    @Test("keys of both kinds are read, and what is no key to verify with is passed over with a reason")
    func skipped() throws {
        let set = try KeySet(
            keySet(
                Signer.rsa.jwk(), Signer.ec.jwk(["use": nil, "alg": nil, "x5c": "[\"junk\"]"]), Signer.ec.jwk(["kid": nil]),
                Signer.ec.jwk(["kid": "\"enc\"", "use": "\"enc\""]),
                Signer.ec.jwk(["kid": "\"ops\"", "key_ops": "[\"encrypt\"]"]),
                Signer.ec.jwk(["kid": "\"secret\"", "d": "\"AA\""]), #"{"kid":"oct","kty":"oct","k":"AAAA"}"#,
                Signer.ec.jwk(["kid": "\"crv\"", "crv": "\"P-384\""]), Signer.ec.jwk(["kid": "\"alg\"", "alg": "\"RS256\""]),
                Signer.rsa.jwk(["kid": "\"hs\"", "alg": "\"HS256\""]), KeySetTests.small.jwk(),
                Signer.ec.jwk(["kid": "\"off\"", "x": "\"\(base64URL([UInt8](repeating: 1, count: 32)))\""]),
                Signer.rsa.jwk(["kid": "\"even\"", "e": "\"AQAA\""]), Signer.rsa.jwk(["kid": "\"one\"", "e": "\"AQ\""]),
                Signer.rsa.jwk(["kid": "\"padded\"", "e": "\"AQAB=\""]), #"{"kid":"okp","kty":"OKP","crv":"Ed25519","x":"AA"}"#,
                Signer.rsa.jwk(["kid": "\"rsa\""]), "7"))
        #expect(set.keys.keys.sorted() == ["ec", "rsa"])
        #expect(set.skipped.count == 16, "\(set.skipped)")
    }

    @Test("what is no key set is said to be none", arguments: ["", "[]", "{}", #"{"keys":{}}"#, "{\"keys\":[]"])
    func problems(document: String) {
        #expect(throws: KeySet.Problem.self) { try KeySet(Array(document.utf8)) }
    }

    @Test("a document that is too long is not read, and of very many keys the first are")
    func bounds() throws {
        #expect(throws: KeySet.Problem.self) { try KeySet([UInt8](repeating: 32, count: KeySet.bytesMax + 1)) }
        let keys = (0..<100).map { Signer.ec.jwk(["kid": "\"\($0)\""]) }.joined(separator: ",")
        #expect(try KeySet(keySet(keys)).keys.count == KeySet.keysMax)
    }
}
