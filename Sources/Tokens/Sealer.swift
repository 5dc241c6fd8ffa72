import CCrypto
import Platform

/// Seals bytes so that nobody but the holder of the key reads them or makes others: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits, and the purpose as
/// what is authenticated beside it, so that what was sealed for one thing opens for no other.
///
/// A key may seal 2^32 times: a thousand log-ins a second for 49 days. Cost: some microseconds, most of it OpenSSL's fetching of the algorithm.
package struct Sealer: Sendable {
    package static let keyBytes = 32
    private static let nonceBytes = 12
    private static let tagBytes = 16

    private let key: [UInt8]

    /// A key of its own, which ends with the process.
    package init() {
        var random = SystemRandomNumberGenerator()
        key = (0..<Sealer.keyBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// The key is the SHA-256 of a secret, which has to have 32 bytes of randomness or more.
    package init(secret: [UInt8]) {
        var digest = ByteBuffer(capacity: 32)
        secret.withUnsafeBytes { SHA256.append(of: $0, to: &digest) }
        key = digest.array
    }

    /// Nonce, tag and what is sealed.
    package func seal(_ bytes: [UInt8], for purpose: String) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        let nonce = (0..<Sealer.nonceBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: bytes.count)
        var tag = [UInt8](repeating: 0, count: Sealer.tagBytes)
        var count: Int32 = 0
        let aside = Array(purpose.utf8)
        let isSealed =
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_EncryptUpdate(context, nil, &count, aside, Int32(aside.count)) == 1
            && EVP_EncryptUpdate(context, &out, &count, bytes, Int32(bytes.count)) == 1
            && EVP_EncryptFinal_ex(context, nil, &count) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, Int32(Sealer.tagBytes), &tag) == 1
        precondition(isSealed, "libcrypto has no AES-256-GCM")
        return nonce + tag + out
    }

    /// Nil where it was not sealed under this key for this purpose, or was changed.
    package func open(_ sealed: [UInt8], for purpose: String) -> [UInt8]? {
        guard sealed.count >= Sealer.nonceBytes + Sealer.tagBytes else { return nil }
        let nonce = Array(sealed.prefix(Sealer.nonceBytes))
        var tag = Array(sealed[Sealer.nonceBytes..<(Sealer.nonceBytes + Sealer.tagBytes)])
        let bytes = Array(sealed.dropFirst(Sealer.nonceBytes + Sealer.tagBytes))
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: bytes.count)
        var count: Int32 = 0
        let aside = Array(purpose.utf8)
        guard EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_DecryptUpdate(context, nil, &count, aside, Int32(aside.count)) == 1,
            EVP_DecryptUpdate(context, &out, &count, bytes, Int32(bytes.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, Int32(Sealer.tagBytes), &tag) == 1,
            EVP_DecryptFinal_ex(context, nil, &count) == 1
        else { return nil }
        return out
    }
}

/// Base64url without padding (RFC 7515 section 2), and back; nil of what is none.
package enum TokenText {
    package static func encoded(_ bytes: [UInt8]) -> String {
        var buffer = ByteBuffer(capacity: bytes.count * 4 / 3 + 4)
        bytes.withUnsafeBytes { buffer.appendBase64($0) }
        return String(
            decoding: buffer.array.compactMap { digit -> UInt8? in
                switch digit {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                case UInt8(ascii: "="): nil
                default: digit
                }
            }, as: UTF8.self)
    }

    package static func decoded(_ text: String) -> [UInt8]? {
        Array(text.utf8).withUnsafeBytes { base64URLDecoded($0) }
    }
}
