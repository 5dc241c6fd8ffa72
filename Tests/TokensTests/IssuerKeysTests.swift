import TestSupport
import Testing
import Tokens

@Suite("when an issuer is asked for its keys", .limited)
struct IssuerKeysTests {
    private let set: [KeySet]

    init() throws {
        set = try [KeySet(keySet(Signer.rsa.jwk())), KeySet(keySet(Signer.ec.jwk()))]
    }

    private func isKnown(_ id: String, _ keys: IssuerKeys, _ now: Int64) -> Bool {
        if case .key = keys.find(id, now: now) { true } else { false }
    }

    private func mayAsk(_ id: String, _ keys: IssuerKeys, _ now: Int64) -> Bool {
        if case .unknown(let mayAsk) = keys.find(id, now: now) { mayAsk } else { false }
    }

    @Test("at once, then every ten minutes, and for an unknown key not more than once in ten seconds")
    func pace() {
        var keys = IssuerKeys()
        #expect(keys.isDue(0) && mayAsk("rsa", keys, 0))
        keys.asks(0)
        #expect(!keys.isDue(1) && !mayAsk("rsa", keys, 1))
        keys.take(set[0], now: 500)
        #expect(isKnown("rsa", keys, 500))
        #expect(!mayAsk("made up", keys, 9_999) && mayAsk("made up", keys, 10_000))
        #expect(!keys.isDue(600_499) && keys.isDue(600_500))
    }

    @Test("a key that is gone serves for an hour, and no longer")
    func rotation() {
        var keys = IssuerKeys()
        keys.take(set[0], now: 0)
        keys.take(set[1], now: 1_000)
        #expect(isKnown("ec", keys, 1_000))
        #expect(isKnown("rsa", keys, 3_600_999) && !isKnown("rsa", keys, 3_601_000))
        // Nor does asking again make it younger.
        keys.take(set[1], now: 3_000_000)
        #expect(!isKnown("rsa", keys, 3_601_000))
    }

    @Test("a key that comes back is one again")
    func back() {
        var keys = IssuerKeys()
        keys.take(set[0], now: 0)
        keys.take(set[1], now: 1_000)
        keys.take(set[0], now: 2_000)
        #expect(isKnown("rsa", keys, 100_000_000))
    }

    @Test("an issuer that is down, or publishes no key at all, takes nothing away")
    func down() throws {
        var keys = IssuerKeys()
        keys.take(set[0], now: 0)
        keys.fail("no answer")
        #expect(keys.trouble == "no answer")
        #expect(isKnown("rsa", keys, 100_000_000))
        try keys.take(KeySet(Array(#"{"keys":[]}"#.utf8)), now: 1_000)
        #expect(isKnown("rsa", keys, 100_000_000) && keys.trouble != nil && keys.hadAt == 0)
        keys.take(set[0], now: 2_000)
        #expect(keys.trouble == nil && keys.hadAt == 2_000)
    }
}
