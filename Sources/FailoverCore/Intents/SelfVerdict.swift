/// What a controller says of its own Region in the control table, each round. A peer that is fresh there and calls itself healthy vetoes.
package struct SelfVerdict: Equatable, Sendable {
    package var region: String
    /// `us-west-2/3f9c`.
    package var controller: String
    /// Grows each round; whoever sees it change knows that the writer lives, whatever the clocks say.
    package var counter: Int64
    package var state: SignalState
    /// One sentence.
    package var evidence: String
    /// What it thinks of its peer, and what holds a move back: a sentence, for people.
    package var outlook: String
    /// It takes its peer for not serving, or is on the way to. No drill begins then.
    package var doubtsPeer: Bool

    package init(
        region: String, controller: String, counter: Int64, state: SignalState, evidence: String, outlook: String = "",
        doubtsPeer: Bool = false
    ) {
        self.region = region
        self.controller = controller
        self.counter = counter
        self.state = state
        self.evidence = evidence
        self.outlook = outlook
        self.doubtsPeer = doubtsPeer
    }
}
