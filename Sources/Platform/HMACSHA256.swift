/// HMAC-SHA256 (RFC 2104) under one key. A value that holds the two hash states behind the padded key, so that a tag under a
/// key that is kept costs two blocks less than one under a new key.
package struct HMACSHA256: Sendable {
    private let inner: SHA256
    private let outer: SHA256

    package init(key: ByteView) {
        let blockBytes = 64
        var block = ByteBuffer(capacity: blockBytes)
        if key.count > blockBytes { SHA256.append(of: key, to: &block) } else { block.append(key) }
        while block.count < blockBytes { block.append(0) }
        inner = HMACSHA256.state(block.bytes, pad: 0x36)
        outer = HMACSHA256.state(block.bytes, pad: 0x5C)
    }

    private static func state(_ block: ByteView, pad: UInt8) -> SHA256 {
        withUnsafeTemporaryAllocation(byteCount: block.count, alignment: 8) { padded in
            for at in 0..<block.count { padded[at] = block[at] ^ pad }
            var hash = SHA256()
            hash.update(ByteView(padded))
            return hash
        }
    }

    /// Calls `body` with the 32 bytes of the tag of `message`.
    package func tag<Result>(_ message: ByteView, _ body: (ByteView) -> Result) -> Result {
        var first = inner
        first.update(message)
        return first.finalize { digest in
            var second = outer
            second.update(digest)
            return second.finalize(body)
        }
    }

    /// The key that a tag is.
    package func derive(_ message: String) -> HMACSHA256 {
        var message = message
        return message.withUTF8 { tag(ByteView($0)) { HMACSHA256(key: $0) } }
    }
}
