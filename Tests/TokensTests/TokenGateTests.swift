import Platform
import Synchronization
import TestSupport
import Testing
import Tokens

@Suite("whose a token is, with the issuers' keys", .waiting(minutes: 5))
struct TokenGateTests {
    private static let east = TokenIssuer(name: "https://east.example", audiences: ["c"])
    private static let west = TokenIssuer(name: "https://west.example", audiences: ["c"])

    /// Two providers, a clock, and what was asked for.
    private final class World: Sendable {
        let state = Mutex(State())

        struct State {
            var now: Int64 = 1_000
            var sets: [String: [UInt8]] = [:]
            var asked: [String] = []
        }

        func gate(_ issuers: [TokenIssuer]) -> TokenGate {
            TokenGate(
                TokenVerifier(issuers: issuers, leeway: 0), now: { self.state.withLock { $0.now } },
                wall: { self.state.withLock { Double($0.now) / 1000 } }
            ) { issuer in
                self.state.withLock { state in
                    state.asked.append(issuer.name)
                    return state.sets[issuer.name].map { .success($0) } ?? .failure(.init("no answer"))
                }
            }
        }

        func pass(_ milliseconds: Int64) { state.withLock { $0.now += milliseconds } }
        func publish(_ issuer: TokenIssuer, _ set: [UInt8]?) { state.withLock { $0.sets[issuer.name] = set } }
        var asked: Int { state.withLock { $0.asked.count } }
    }

    private func token(_ issuer: TokenIssuer, _ signer: Signer, expires: Int = 100_000) -> String {
        signer.token(#"{"iss":"\#(issuer.name)","aud":"c","sub":"s","exp":\#(expires)}"#)
    }

    private func failure(_ gate: TokenGate, _ token: String) -> TokenFailure? {
        do {
            _ = try gate.claims(of: token)
            return nil
        } catch { return error }
    }

    @Test("each issuer's tokens are held against its own keys")
    func twoIssuers() {
        let world = World()
        world.publish(TokenGateTests.east, keySet(Signer.rsa.jwk()))
        world.publish(TokenGateTests.west, keySet(Signer.ec.jwk()))
        let gate = world.gate([TokenGateTests.east, TokenGateTests.west])
        #expect(failure(gate, token(TokenGateTests.east, Signer.rsa)) == nil)
        #expect(failure(gate, token(TokenGateTests.west, Signer.ec)) == nil)
        #expect(failure(gate, token(TokenGateTests.east, Signer.ec)) == .unknownKey)
        #expect(failure(gate, token(TokenGateTests.west, Signer.rsa)) == .unknownKey)
        #expect(gate.refused == [.unknownKey: 2])
    }

    @Test("a token that was verified is known again without its key, until it ends and for five minutes at most")
    func cached() {
        let world = World()
        world.publish(TokenGateTests.east, keySet(Signer.rsa.jwk()))
        let gate = world.gate([TokenGateTests.east])
        let short = token(TokenGateTests.east, Signer.rsa, expires: 61)
        #expect(failure(gate, short) == nil)
        world.pass(59_999)
        #expect(failure(gate, short) == nil)
        world.pass(1)
        #expect(failure(gate, short) == .expired)
    }

    @Test("a new key is asked for when a token names it; made-up ids make no more than a request in ten seconds")
    func rotation() {
        let world = World()
        world.publish(TokenGateTests.east, keySet(Signer.rsa.jwk()))
        let gate = world.gate([TokenGateTests.east])
        #expect(failure(gate, token(TokenGateTests.east, Signer.rsa)) == nil)
        world.publish(TokenGateTests.east, keySet(Signer.rsa.jwk(), Signer.ec.jwk()))
        #expect(failure(gate, token(TokenGateTests.east, Signer.ec)) == .unknownKey, "asked a moment ago")
        world.pass(10_000)
        #expect(failure(gate, token(TokenGateTests.east, Signer.ec)) == nil)
        #expect(world.asked == 2)
        for id in 0..<50 {
            let made = Signer.rsa.token("{\"iss\":\"https://east.example\"}", header: #"{"alg":"RS256","kid":"\#(id)"}"#)
            #expect(failure(gate, made) == .unknownKey)
            world.pass(400)
        }
        // In the 20 seconds that this took.
        #expect(world.asked == 2 + 1)
    }

    @Test("an issuer that was never reached lets nobody in; one that is down later stops nobody")
    func down() {
        let world = World()
        let gate = world.gate([TokenGateTests.east])
        let good = token(TokenGateTests.east, Signer.rsa)
        #expect(failure(gate, good) == .noKeys)
        #expect(gate.standings == [.init(issuer: "https://east.example", age: nil, trouble: "no answer")])
        world.publish(TokenGateTests.east, keySet(Signer.rsa.jwk()))
        world.pass(10_000)
        gate.refresh()
        world.publish(TokenGateTests.east, nil)
        world.pass(700_000)
        gate.refresh()
        #expect(failure(gate, good) == nil)
        #expect(gate.standings == [.init(issuer: "https://east.example", age: 700_000, trouble: "no answer")])
    }

    @Test("many who need a key at once make one request")
    func atOnce() {
        let world = World()
        world.publish(TokenGateTests.east, keySet(Signer.ec.jwk()))
        let gate = world.gate([TokenGateTests.east])
        let tokens = (0..<8).map { token(TokenGateTests.east, Signer.ec, expires: 1_000 + $0) }
        let failures = Mutex<[TokenFailure?]>([])
        let threads = tokens.map { token in
            SystemThread {
                let failure = self.failure(gate, token)
                failures.withLock { $0.append(failure) }
            }
        }
        for thread in threads { thread?.join() }
        #expect(failures.withLock { $0 } == Array(repeating: nil, count: tokens.count))
        #expect(world.asked == 1)
    }

    @Test("while an issuer is slow, made-up key ids hold a bounded number of threads, and whoever is known goes on")
    func slowIssuer() throws {
        let isAnswered = Atomic<Bool>(false)
        let asked = Atomic<Int>(0)
        let set = keySet(Signer.rsa.jwk())
        let now = Mutex<Int64>(1_000)
        let gate = TokenGate(
            TokenVerifier(issuers: [TokenGateTests.east], leeway: 0), now: { now.withLock { $0 } }, wall: { 1 }
        ) { _ in
            if asked.add(1, ordering: .acquiringAndReleasing).newValue > 1 {
                try? eventually("the issuer answers") { isAnswered.load(ordering: .acquiring) }
            }
            return .success(set)
        }
        let good = token(TokenGateTests.east, Signer.rsa)
        #expect(failure(gate, good) == nil)
        now.withLock { $0 += IssuerKeys.pauseMilliseconds }
        let failures = Mutex<[TokenFailure?]>([])
        let crowd = 8
        let threads = (0...(TokenGate.waitingMax + crowd)).map { id in
            SystemThread {
                let made = Signer.rsa.token("{\"iss\":\"https://east.example\"}", header: #"{"alg":"RS256","kid":"\#(id)"}"#)
                let failure = self.failure(gate, made)
                failures.withLock { $0.append(failure) }
            }
        }
        // One asks and so many wait: the others are told at once.
        try eventually("the crowd is told") { failures.withLock { $0.count } == crowd }
        #expect(failures.withLock { $0.allSatisfy { $0 == .noKeys } })
        #expect(failure(gate, good) == nil && failure(gate, token(TokenGateTests.east, Signer.rsa, expires: 999)) == nil)
        isAnswered.store(true, ordering: .releasing)
        for thread in threads { thread?.join() }
        #expect(failures.withLock { $0.count { $0 == .unknownKey } } == TokenGate.waitingMax + 1)
        #expect(asked.load(ordering: .acquiring) == 2)
    }
}
