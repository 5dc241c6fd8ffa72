/// What became of the drill of a schedule that was due last: an item of the control table a schedule. The one that is written first for a moment stands.
package struct DrillRecord: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        /// From here on it is looked for: what was due before was nobody's business.
        case watched
        case begun(term: Int64)
        case notRun(String)
    }

    /// ``DrillSchedule/text``.
    package var schedule: String
    /// When it was due, in milliseconds since 1970; all before it are settled.
    package var at: Int64
    package var outcome: Outcome
    /// The controller that wrote it.
    package var by: String

    package init(schedule: String, at: Int64, outcome: Outcome, by: String) {
        self.schedule = schedule
        self.at = at
        self.outcome = outcome
        self.by = by
    }

    /// A record is written on the condition that the one that is there has a smaller rank. So a drill that one controller has begun is not said not to have run by
    /// another, and the other way round the truth wins.
    package var rank: Int64 {
        let at = max(0, min(at, Int64.max / 4))
        return if case .begun = outcome { 2 * at + 1 } else { 2 * at }
    }
}
