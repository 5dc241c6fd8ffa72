import CCrypto
import Platform

/// The algorithms that tokens may be signed with. Both are signatures by a key that only the issuer has; HMAC is not among them, since a public key could be passed
/// off as its secret (RFC 8725 section 2.1).
package enum TokenAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case es256 = "ES256"
}

/// A public key of an issuer, of libcrypto. It never changes, and any thread may use it.
///
/// Cost of a verification: some 20 µs (RS256 with 2048 bits) to 50 µs (ES256).
package final class VerificationKey: @unchecked Sendable {
    package static let rsaBits = 2048...8192

    package let algorithm: TokenAlgorithm
    private let key: OpaquePointer

    private init(_ algorithm: TokenAlgorithm, _ key: OpaquePointer) {
        self.algorithm = algorithm
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Of modulus and exponent, big-endian. Nil where the modulus is outside ``rsaBits`` or the exponent even, below 3 or beyond eight bytes.
    package static func rsa(modulus: [UInt8], exponent: [UInt8]) -> VerificationKey? {
        guard (1...8).contains(exponent.count), exponent.last.map({ $0 & 1 == 1 }) ?? false,
            exponent.reduce(UInt64(0), { $0 << 8 | UInt64($1) }) >= 3
        else { return nil }
        guard let n = number(modulus), let e = number(exponent) else { return nil }
        defer {
            BN_free(n)
            BN_free(e)
        }
        guard rsaBits.contains(Int(BN_num_bits(n))), let parameters = OSSL_PARAM_BLD_new() else { return nil }
        defer { OSSL_PARAM_BLD_free(parameters) }
        OSSL_PARAM_BLD_push_BN(parameters, text("n"), n)
        OSSL_PARAM_BLD_push_BN(parameters, text("e"), e)
        return made("RSA", parameters).map { VerificationKey(.rs256, $0) }
    }

    /// Of a point of the curve P-256, 32 bytes big-endian each. Nil where it is not on the curve.
    package static func p256(x: [UInt8], y: [UInt8]) -> VerificationKey? {
        guard x.count == 32, y.count == 32, let parameters = OSSL_PARAM_BLD_new() else { return nil }
        defer { OSSL_PARAM_BLD_free(parameters) }
        let point = [4] + x + y
        return point.withUnsafeBytes { point in
            OSSL_PARAM_BLD_push_utf8_string(parameters, text("group"), text("P-256"), 0)
            OSSL_PARAM_BLD_push_octet_string(parameters, text("pub"), point.baseAddress, point.count)
            guard let key = made("EC", parameters) else { return nil }
            let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
            defer { EVP_PKEY_CTX_free(context) }
            guard context != nil, EVP_PKEY_public_check(context) == 1 else {
                EVP_PKEY_free(key)
                return nil
            }
            return VerificationKey(.es256, key)
        }
    }

    /// Text that stays where it is: the builder keeps the address.
    private static func text(_ literal: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private static func number(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer { BN_bin2bn($0.baseAddress, Int32($0.count), nil) }
    }

    private static func made(_ type: String, _ builder: OpaquePointer) -> OpaquePointer? {
        guard let parameters = OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, converge_evp_public_key, parameters) == 1
        else { return nil }
        return key
    }

    /// Whether `signature`, as a token has it, is this key's of `message`.
    package func verifies(_ signature: [UInt8], of message: ByteView) -> Bool {
        let signature = algorithm == .es256 ? VerificationKey.der(signature) : signature
        guard let signature, let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        let isRight = signature.withUnsafeBufferPointer { signature in
            EVP_DigestVerify(
                context, signature.baseAddress, signature.count, message.baseAddress?.assumingMemoryBound(to: UInt8.self),
                message.count)
        }
        return isRight == 1
    }

    /// The 64 bytes r and s of ES256 (RFC 7518 section 3.4) as libcrypto wants them. Nil where there are more or fewer.
    private static func der(_ signature: [UInt8]) -> [UInt8]? {
        guard signature.count == 64, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        guard let r = number(Array(signature[..<32])), let s = number(Array(signature[32...])) else { return nil }
        // The pair owns both from here on.
        guard ECDSA_SIG_set0(pair, r, s) == 1 else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let count = i2d_ECDSA_SIG(pair, &text)
        guard count > 0, let text else { return nil }
        defer { CRYPTO_free(text, nil, 0) }
        return Array(UnsafeBufferPointer(start: text, count: Int(count)))
    }
}
