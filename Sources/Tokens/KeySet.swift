import JSON

/// The keys of an issuer, as it publishes them (a JWK set, RFC 7517).
///
/// What is no key that tokens are verified with is passed over, with a reason: issuers publish keys for other uses, too. `x5c`, `x5t` and `x5u` are not looked at.
package struct KeySet: Sendable {
    /// Bytes of a document. Issuers' are a few kilobytes.
    package static let bytesMax = 262_144
    /// Keys of a set; what comes behind them is passed over.
    package static let keysMax = 64

    package private(set) var keys: [String: VerificationKey] = [:]
    /// Why keys were passed over, a sentence each.
    package private(set) var skipped: [String] = []

    /// What is wrong with a document.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ document: [UInt8]) throws(Problem) {
        guard document.count <= KeySet.bytesMax else {
            throw Problem(description: "the key set has \(document.count) bytes; accepted: \(KeySet.bytesMax)")
        }
        let problem: String? = document.withUnsafeBytes { document in
            let parser = JSONParser()
            guard let root = try? parser.parse(document).root else { return "is no JSON" }
            guard let list = root.member("keys"), list.isArray else { return "has no list 'keys'" }
            for (index, value) in list.elements.enumerated() {
                guard index < KeySet.keysMax else {
                    skipped.append("keys behind the first \(KeySet.keysMax)")
                    break
                }
                take(value, index)
            }
            return nil
        }
        if let problem { throw Problem(description: "the key set \(problem)") }
    }

    private mutating func take(_ value: JSONValue, _ index: Int) {
        guard let id = value.text("kid"), !id.isEmpty, id.utf8.count <= 256 else {
            skipped.append("key \(index + 1) has no 'kid'")
            return
        }
        guard keys[id] == nil else {
            skipped.append("key \(index + 1) has the 'kid' of another one")
            return
        }
        do { keys[id] = try KeySet.key(value) } catch { skipped.append("key \(index + 1) \(error)") }
    }

    private static func key(_ value: JSONValue) throws(Problem) -> VerificationKey {
        guard value.member("d") == nil, value.member("k") == nil else {
            throw Problem(description: "is a secret one, which does not belong into a public set")
        }
        if let use = value.member("use"), use.text != "sig" { throw Problem(description: "is not for signatures ('use')") }
        if let uses = value.member("key_ops"), !uses.elements.contains(where: { $0.text == "verify" }) {
            throw Problem(description: "is not to verify with ('key_ops')")
        }
        func bytes(_ name: StaticString) -> [UInt8] {
            guard let text = value.text(name) else { return [] }
            return Array(text.utf8).withUnsafeBytes { base64URLDecoded($0) } ?? []
        }
        let key: VerificationKey?
        switch value.text("kty") {
        case "RSA":
            key = .rsa(modulus: bytes("n"), exponent: bytes("e"))
        case "EC":
            guard value.text("crv") == "P-256" else { throw Problem(description: "is on a curve other than P-256") }
            key = .p256(x: bytes("x"), y: bytes("y"))
        default: throw Problem(description: "is of a type ('kty') other than RSA and EC")
        }
        guard let key else {
            throw Problem(
                description: "is no sound one: RSA needs 2048 to 8192 bits and an odd exponent, EC a point of its curve")
        }
        if let algorithm = value.member("alg"), algorithm.text != key.algorithm.rawValue {
            throw Problem(description: "is for an algorithm other than \(key.algorithm.rawValue)")
        }
        return key
    }
}
