/// The keys that are known of an issuer, and when to ask it for them again. A value; times in milliseconds on a clock that never goes back.
///
/// - They are asked for when there are none, when a token names one that is not known, and every ``refreshMilliseconds``.
/// - Not more than once in ``pauseMilliseconds``, whatever tokens name: who sends made-up key ids makes no load at the issuer.
/// - An issuer that does not answer takes nothing away: its last keys go on serving.
/// - A key that is gone from the set serves for ``graceMilliseconds`` more, for tokens that were signed before.
package struct IssuerKeys: Sendable {
    package static let refreshMilliseconds: Int64 = 600_000
    package static let pauseMilliseconds: Int64 = 10_000
    package static let graceMilliseconds: Int64 = 3_600_000
    /// Keys that are gone and still serve; of more those that were seen last.
    package static let goneMax = 64

    private var keys: [String: VerificationKey] = [:]
    private var gone: [String: (key: VerificationKey, since: Int64)] = [:]
    private var askedAt: Int64?
    /// When a set was last had; nil: never.
    package private(set) var hadAt: Int64?
    /// Why the last try brought none; nil where it did.
    package private(set) var trouble: String?

    package init() {}

    package enum Found {
        case key(VerificationKey)
        /// Not known. `mayAsk`: asking for the set now may help.
        case unknown(mayAsk: Bool)
    }

    package func find(_ id: String, now: Int64) -> Found {
        if let key = keys[id] { return .key(key) }
        if let (key, since) = gone[id], now - since < IssuerKeys.graceMilliseconds { return .key(key) }
        return .unknown(mayAsk: isRested(now))
    }

    /// Whether the set has to be asked for although no token waits.
    package func isDue(_ now: Int64) -> Bool {
        isRested(now) && (hadAt.map { now - $0 >= IssuerKeys.refreshMilliseconds } ?? true)
    }

    private func isRested(_ now: Int64) -> Bool { askedAt.map { now - $0 >= IssuerKeys.pauseMilliseconds } ?? true }

    /// Before each try.
    package mutating func asks(_ now: Int64) { askedAt = now }

    package mutating func take(_ set: KeySet, now: Int64) {
        // An empty set is an issuer's mistake rather than its wish that nobody signs in.
        guard !set.keys.isEmpty else {
            trouble = "its key set has no key to verify with" + (set.skipped.first.map { ": \($0)" } ?? "")
            return
        }
        for (id, key) in keys where set.keys[id] == nil { gone[id] = (key, now) }
        gone = gone.filter { set.keys[$0.key] == nil && now - $0.value.since < IssuerKeys.graceMilliseconds }
        if gone.count > IssuerKeys.goneMax {
            let newest = gone.sorted { $0.value.since > $1.value.since }.prefix(IssuerKeys.goneMax)
            gone = Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) })
        }
        keys = set.keys
        hadAt = now
        trouble = nil
    }

    package mutating func fail(_ why: String) { trouble = why }
}
