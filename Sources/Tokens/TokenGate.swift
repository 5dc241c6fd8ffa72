import Platform

/// Says whose a token is: the verifier with the issuers' keys, which it asks for, and a cache. Any thread may ask.
///
/// A token whose key is not known waits while one thread asks the issuer; others that need the same issuer wait for that answer, ``waitingMax`` at a time: who makes up key ids
/// while an issuer is slow holds no more threads than these. A fetch is bounded by whoever makes it: some seconds.
package final class TokenGate: Sendable {
    /// One more is told at once that the keys are not there.
    package static let waitingMax = 16

    private let verifier: TokenVerifier
    private let fetch: @Sendable (TokenIssuer) -> Result<[UInt8], Problem>
    private let now: @Sendable () -> Int64
    private let wall: @Sendable () -> Double
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private let flow = Flow()
    private let cache = SharedLock(TokenCache())

    private final class Flow: @unchecked Sendable {
        var keys: [String: IssuerKeys] = [:]
        var asking: Set<String> = []
        var waiting = 0
        var refused: [TokenFailure: Int] = [:]
    }

    /// Why an issuer's keys could not be had.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// How the keys of an issuer stand.
    package struct Standing: Equatable, Sendable {
        package var issuer: String
        /// Milliseconds since a set was last had; nil: never.
        package var age: Int64?
        package var trouble: String?

        package init(issuer: String, age: Int64?, trouble: String?) {
            self.issuer = issuer
            self.age = age
            self.trouble = trouble
        }
    }

    /// `fetch` brings an issuer's key set; it blocks. `wall`: seconds since 1970.
    package init(
        _ verifier: TokenVerifier, now: @escaping @Sendable () -> Int64 = { monotonicMilliseconds() },
        wall: @escaping @Sendable () -> Double = { Double(Timestamp.now.milliseconds) / 1000 },
        fetch: @escaping @Sendable (TokenIssuer) -> Result<[UInt8], Problem>
    ) {
        self.verifier = verifier
        self.now = now
        self.wall = wall
        self.fetch = fetch
    }

    /// Seconds since 1970 from which on a token that says this of itself is none here.
    package func end(of claims: TokenClaims) -> Double { claims.expiresAt + verifier.leeway }

    package func claims(of token: String) throws(TokenFailure) -> TokenClaims {
        let time = wall()
        let digest = token.utf8.count <= TokenVerifier.bytesMax ? TokenCache.Digest(token) : nil
        if let digest, let known = cache.look({ $0.claims(of: digest, now: time) }) {
            if !known.isYoung { cache.withLock { $0.keepAgain(digest) } }
            return known.claims
        }
        do {
            let claims = try verifier.verify(token, now: time) { issuer, id throws(TokenFailure) in try key(issuer, id) }
            if let digest { cache.withLock { $0.keep(claims, of: digest, now: time) } }
            return claims
        } catch {
            monitor.locked { flow.refused[error, default: 0] += 1 }
            throw error
        }
    }

    /// Tokens that were refused since the start, by why.
    package var refused: [TokenFailure: Int] { monitor.locked { flow.refused } }

    package var standings: [Standing] {
        let time = now()
        return monitor.locked {
            verifier.issuers.map { issuer in
                let keys = flow.keys[issuer.name]
                return Standing(issuer: issuer.name, age: keys?.hadAt.map { time - $0 }, trouble: keys?.trouble)
            }
        }
    }

    /// Asks issuers whose keys are due again. To be called every few seconds; blocks as long as asking takes.
    package func refresh() {
        for issuer in verifier.issuers {
            let isDue = monitor.locked {
                (flow.keys[issuer.name] ?? IssuerKeys()).isDue(now()) && !flow.asking.contains(issuer.name)
            }
            if isDue { ask(issuer) }
        }
    }

    private func key(_ issuer: TokenIssuer, _ id: String) throws(TokenFailure) -> VerificationKey {
        while true {
            let (found, isAsking) = monitor.locked {
                ((flow.keys[issuer.name] ?? IssuerKeys()).find(id, now: now()), flow.asking.contains(issuer.name))
            }
            switch found {
            case .key(let key): return key
            case .unknown(let mayAsk):
                if isAsking {
                    guard waitForAnswer(of: issuer) else { throw .noKeys }
                } else if mayAsk {
                    ask(issuer)
                } else {
                    throw monitor.locked { flow.keys[issuer.name]?.hadAt } == nil ? .noKeys : .unknownKey
                }
            }
        }
    }

    /// False where too many wait.
    private func waitForAnswer(of issuer: TokenIssuer) -> Bool {
        monitor.locked {
            guard flow.waiting < TokenGate.waitingMax else { return false }
            flow.waiting += 1
            defer { flow.waiting -= 1 }
            while flow.asking.contains(issuer.name) { monitor.wait() }
            return true
        }
    }

    private func ask(_ issuer: TokenIssuer) {
        let isMine = monitor.locked {
            guard flow.asking.insert(issuer.name).inserted else { return false }
            flow.keys[issuer.name, default: IssuerKeys()].asks(now())
            return true
        }
        guard isMine else { return }
        let answer = fetch(issuer).flatMap { document in
            Result { () throws(KeySet.Problem) in try KeySet(document) }.mapError { Problem($0.description) }
        }
        monitor.locked {
            switch answer {
            case .success(let set): flow.keys[issuer.name, default: IssuerKeys()].take(set, now: now())
            case .failure(let problem): flow.keys[issuer.name, default: IssuerKeys()].fail(problem.description)
            }
            flow.asking.remove(issuer.name)
            monitor.broadcast()
        }
    }
}
