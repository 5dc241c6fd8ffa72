/// A gradual return that a person began: step by step towards `goal`, a gate before each step. It ends, or is halted, and never goes on by itself
/// from a halt.
package struct ReturnPlan: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case running
        /// A gate was bad, or something else came between; `evidence` says what.
        case halted
        case done
    }

    /// Random.
    package var id: String
    package var by: String
    /// The Region that gains; its controllers carry the plan out.
    package var region: String
    /// Where it ends.
    package var goal: [GroupShares]
    /// Percentage points a step; 10 to 100 in tens.
    package var step: Int
    /// Milliseconds that the gates are to hold before each step.
    package var holdMilliseconds: Int64
    package var state: State
    package var evidence: String
    /// The newest term when it was begun or last stepped: a term by anybody else halts it.
    package var after: Int64

    package init(
        id: String, by: String, region: String, goal: [GroupShares], step: Int = 10, holdMilliseconds: Int64 = 300_000,
        state: State = .running, evidence: String = "", after: Int64
    ) {
        self.id = id
        self.by = by
        self.region = region
        self.goal = goal
        self.step = step
        self.holdMilliseconds = holdMilliseconds
        self.state = state
        self.evidence = evidence
        self.after = after
    }
}
