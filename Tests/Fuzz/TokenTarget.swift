import Platform
import Tokens

/// Arbitrary bytes as a token, and as an issuer's key set. There is no key that a fuzzer could sign with: whatever is taken is a defect.
///
/// The first byte chooses. To get past base64url, tokens come in clear: what stands before a line break is the header, what stands before the next one the claims.
final class TokenTarget: FuzzTarget {
    private let verifier = TokenVerifier(issuers: [
        TokenIssuer(name: "https://i.example", audiences: ["c"], scopePrefix: "s/", agentClaim: "username")
    ])
    /// The generator of P-256 as somebody's public key.
    private let key = VerificationKey.p256(
        x: TokenTarget.bytes("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        y: TokenTarget.bytes("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))

    func run(_ input: ByteView) {
        guard input.count > 0 else { return }
        let rest = Array(input.slice(1, input.count - 1))
        switch input[0] % 3 {
        case 0: keys(rest)
        case 1: token(String(decoding: rest, as: UTF8.self))
        default:
            let parts = rest.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
            token(parts.map { TokenTarget.base64URL($0) }.joined(separator: "."))
        }
    }

    private func keys(_ document: [UInt8]) {
        guard let set = try? KeySet(document) else { return }
        require(set.keys.count <= KeySet.keysMax, "\(set.keys.count) keys")
        for (id, key) in set.keys {
            require(!id.isEmpty && id.utf8.count <= 256, "a key with the id '\(id)'")
            document.withUnsafeBytes {
                require(!key.verifies([UInt8](repeating: 0, count: 64), of: $0), "zeros are a signature")
            }
        }
    }

    private func token(_ token: String) {
        do throws(TokenFailure) {
            let claims = try verifier.verify(token, now: 1_800_000_000) { _, _ throws(TokenFailure) in
                guard let key else { throw .unknownKey }
                return key
            }
            stop("taken, of \(claims.subject): \(token)")
        } catch {
            require(token.utf8.count <= TokenVerifier.bytesMax || error == .tooLong, "\(token.utf8.count) bytes are \(error)")
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private static func base64URL(_ bytes: some Collection<UInt8>) -> String {
        var text = ByteBuffer()
        Array(bytes).withUnsafeBytes { text.appendBase64($0) }
        return text.bytes.text.filter { $0 != "=" }.reduce(into: "") { $0.append($1 == "+" ? "-" : $1 == "/" ? "_" : $1) }
    }
}
