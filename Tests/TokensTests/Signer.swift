import CCrypto
import Tokens

/// An issuer's private key, of libcrypto, and tokens signed with it.
final class Signer: @unchecked Sendable {
    let id: String
    let algorithm: TokenAlgorithm
    private let key: OpaquePointer

    init(_ algorithm: TokenAlgorithm, id: String, bits: Int = 2048) {
        self.id = id
        self.algorithm = algorithm
        let context = EVP_PKEY_CTX_new_from_name(nil, algorithm == .rs256 ? "RSA" : "EC", nil)
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        if algorithm == .rs256 {
            EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits))
        } else {
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
        }
        var key: OpaquePointer?
        guard EVP_PKEY_generate(context, &key) == 1, let key else { preconditionFailure("no key") }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Of each algorithm one, made once: RSA keys take a while.
    static let rsa = Signer(.rs256, id: "rsa")
    static let ec = Signer(.es256, id: "ec")

    // MARK: The public half

    /// As a member of a key set; `changes` replaces members, nil removes.
    func jwk(_ changes: [String: String?] = [:]) -> String {
        var members: [String: String?] = ["kid": "\"\(id)\"", "use": "\"sig\"", "alg": "\"\(algorithm.rawValue)\""]
        if algorithm == .rs256 {
            members["kty"] = "\"RSA\""
            members["n"] = "\"\(base64URL(number(OSSL_PKEY_PARAM_RSA_N)))\""
            members["e"] = "\"\(base64URL(number(OSSL_PKEY_PARAM_RSA_E)))\""
        } else {
            let point = point
            members["kty"] = "\"EC\""
            members["crv"] = "\"P-256\""
            members["x"] = "\"\(base64URL(point[1..<33]))\""
            members["y"] = "\"\(base64URL(point[33...]))\""
        }
        for (name, value) in changes { members[name] = value }
        return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.sorted().joined(separator: ",")
            + "}"
    }

    private func number(_ name: String) -> [UInt8] {
        var value: OpaquePointer?
        EVP_PKEY_get_bn_param(key, name, &value)
        defer { BN_free(value) }
        var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(value) + 7) / 8)
        BN_bn2bin(value, &bytes)
        return bytes
    }

    /// 4, x, y.
    private var point: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65)
        var count = 0
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, &bytes, bytes.count, &count)
        return bytes
    }

    // MARK: Tokens

    /// A token of this header and these claims, both as JSON texts; `header` nil: a usual one.
    func token(_ claims: String, header: String? = nil) -> String {
        let header = header ?? #"{"alg":"\#(algorithm.rawValue)","kid":"\#(id)","typ":"JWT"}"#
        let message = base64URL(header.utf8) + "." + base64URL(claims.utf8)
        return message + "." + base64URL(signature(message))
    }

    func signature(_ message: String) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key)
        let message = Array(message.utf8)
        var count = 0
        EVP_DigestSign(context, nil, &count, message, message.count)
        var out = [UInt8](repeating: 0, count: count)
        EVP_DigestSign(context, &out, &count, message, message.count)
        out = Array(out.prefix(count))
        return algorithm == .rs256 ? out : plain(out)
    }

    /// r and s, 32 bytes each, of libcrypto's form.
    private func plain(_ der: [UInt8]) -> [UInt8] {
        der.withUnsafeBufferPointer { der in
            var start = der.baseAddress
            let pair = d2i_ECDSA_SIG(nil, &start, der.count)
            defer { ECDSA_SIG_free(pair) }
            var out = [UInt8](repeating: 0, count: 64)
            out.withUnsafeMutableBufferPointer { out in
                _ = BN_bn2binpad(ECDSA_SIG_get0_r(pair), out.baseAddress, 32)
                _ = BN_bn2binpad(ECDSA_SIG_get0_s(pair), out.baseAddress.map { $0 + 32 }, 32)
            }
            return out
        }
    }
}

/// A key set of these.
func keySet(_ keys: String...) -> [UInt8] { Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8) }

func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    var text = ""
    var (bits, width) = (0, 0)
    for byte in bytes {
        bits = bits << 8 | Int(byte)
        width += 8
        while width >= 6 {
            width -= 6
            text.append(digits[bits >> width & 63])
        }
        bits &= (1 << width) - 1
    }
    if width > 0 { text.append(digits[bits << (6 - width) & 63]) }
    return text
}
