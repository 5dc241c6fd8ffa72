import Platform

/// The keys under which endpoints sign the events that they accept, so that another endpoint can take such an event as it is.
///
/// A signature is `KEY.TAG`: the key's id, and HMAC-SHA-256 in base64url over the event's canonical JSON without the signature.
public struct EventKeys: Sendable {
    /// Bytes that a key has at least.
    public static let bytesMin = 32
    /// Keys at a time: a new one and those that are being replaced.
    public static let countMax = 4

    private struct Key: Sendable {
        var id: String
        var mac: HMACSHA256
    }

    private let keys: [Key]

    /// The first one signs, all verify. Nil where there are none or too many, or one is too short.
    public init?(_ secrets: [Secret]) {
        guard (1...EventKeys.countMax).contains(secrets.count) else { return nil }
        var keys: [Key] = []
        for secret in secrets {
            var text = secret.revealed
            guard text.utf8.count >= EventKeys.bytesMin else { return nil }
            keys.append(
                text.withUTF8 { bytes in
                    var digest = ByteBuffer(capacity: 32)
                    SHA256.append(of: ByteView(bytes), to: &digest)
                    var hex = ByteBuffer(capacity: 8)
                    hex.appendHex(digest.bytes.slice(0, 4))
                    return Key(id: hex.bytes.text, mac: HMACSHA256(key: ByteView(bytes)))
                })
        }
        self.keys = keys
    }

    func signature(of event: ByteView) -> String { EventKeys.signature(of: event, keys[0]) }

    /// Whether it is one of these keys' over the event. Takes as long for a wrong one as for a right one.
    func verify(_ signature: String, of event: ByteView) -> Bool {
        var isRight = false
        for key in keys {
            let right = Array(EventKeys.signature(of: event, key).utf8)
            let given = Array(signature.utf8)
            guard right.count == given.count else { continue }
            var difference: UInt8 = 0
            for (a, b) in zip(right, given) { difference |= a ^ b }
            if difference == 0 { isRight = true }
        }
        return isRight
    }

    private static func signature(of event: ByteView, _ key: Key) -> String {
        key.mac.tag(event) { tag in
            var text = ByteBuffer(capacity: 64)
            text.appendBase64(tag)
            let digits = text.bytes.text.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
            return "\(key.id).\(String(digits))"
        }
    }
}
