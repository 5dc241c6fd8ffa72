import TestSupport
import Testing

@testable import Tokens

@Suite("what a browser keeps sealed", .limited)
struct SealerTests {
    private let sealer = Sealer(secret: Array("0123456789abcdef0123456789abcdef".utf8))

    @Test("opens with the same secret for the same purpose, and is another one each time")
    func round() {
        for count in [0, 1, 15, 16, 17, 4_096] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let sealed = sealer.seal(bytes, for: "session")
            #expect(sealed.count == count + 28)
            #expect(sealer.open(sealed, for: "session") == bytes)
            #expect(Sealer(secret: Array("0123456789abcdef0123456789abcdef".utf8)).open(sealed, for: "session") == bytes)
            #expect(sealer.seal(bytes, for: "session") != sealed, "its nonce is its own")
        }
    }

    @Test("opens for no other purpose, under no other key, and not once a bit of it was changed or a byte is missing")
    func refused() {
        let sealed = sealer.seal(Array("a token".utf8), for: "session")
        #expect(sealer.open(sealed, for: "login") == nil)
        #expect(sealer.open(sealed, for: "") == nil)
        #expect(Sealer().open(sealed, for: "session") == nil)
        #expect(Sealer().open(Sealer().seal([1], for: "session"), for: "session") == nil, "each has a key of its own")
        for place in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[place] ^= 1 << bit
                #expect(sealer.open(changed, for: "session") == nil)
            }
        }
        for count in 0..<sealed.count { #expect(sealer.open(Array(sealed.prefix(count)), for: "session") == nil) }
        #expect(sealer.open(sealed + [0], for: "session") == nil)
    }

    @Test("its text is base64url without padding, both ways")
    func text() {
        for (bytes, text) in [([], ""), ([0xFB], "-w"), ([0xFF, 0xEF], "_-8"), ([0, 0, 0], "AAAA")] as [([UInt8], String)] {
            #expect(TokenText.encoded(bytes) == text)
            #expect(TokenText.decoded(text) == bytes)
        }
        #expect(TokenText.decoded("a+b/") == nil && TokenText.decoded("ü") == nil)
    }
}
