/// What a person says of a Region: a line `us-east-1 unhealthy 2026-11-30T18:04:00Z callers hear silence`.
package struct PersonsWord: Equatable, Sendable {
    package var region: String
    package var state: SignalState
    /// When it was said, in milliseconds since 1970.
    package var at: Int64
    package var why: String

    package init(region: String, state: SignalState, at: Int64, why: String) {
        self.region = region
        self.state = state
        self.at = at
        self.why = why
    }

    /// A word counts for an hour: who still means it says it again.
    package static let keptMilliseconds: Int64 = 3_600_000

    /// The newest word on a Region; nil where there is none, with `why`.
    package static func signal(
        of region: String, _ words: [PersonsWord], why: String = "nobody has said anything", asked: Int64, wall: Int64
    ) -> Signal {
        let state: SignalState
        let evidence: String
        var age: Int64 = 0
        if let word = words.filter({ $0.region == region }).max(by: { $0.at < $1.at }) {
            age = max(0, wall - word.at)
            let isOld = age > keptMilliseconds
            state = isOld || word.at - wall > SyntheticCalls.aheadMax ? .unknown : word.state
            evidence =
                "\(isOld ? "too long ago: " : "")a person said \(age / 60_000) min ago: \(word.state.rawValue), \(word.why)"
        } else {
            (state, evidence) = (.unknown, why)
        }
        // As long as a word stands, the person is taken to say it still.
        return Signal(
            source: "person", kind: .person, region: region, state: state, path: SignalPath(.person), observedAt: asked,
            evidence: evidence)
    }
}
