/// The rules of a move by itself, in the order in which they are asked and shown. All have to hold.
package enum FailoverRule: String, CaseIterable, Sendable {
    /// The control table was read just now, and so were the groups.
    case viewsFresh = "views-fresh"
    /// Nobody has told it to hold.
    case notHeld = "not-held"
    /// What is in force is what was last intended.
    case noForeignHand = "no-foreign-hand"
    /// There is something to move away from the peer.
    case peerHasShare = "peer-has-share"
    /// Independent signals say that the peer does not serve.
    case peerUnhealthy = "peer-unhealthy"
    /// There is somebody to lose.
    case volume
    /// No controller of the peer that is alive says that the peer is well.
    case peerVerdict = "peer-verdict"
    /// This Region is known to serve.
    case ownHealthy = "own-healthy"
    /// This Region does not show what the peer shows, nor did just now: moving cannot help against a fault that travels along.
    case notShared = "not-shared"
    /// Nothing that has to be there before a move is missing: groups active, target able to answer.
    case ready
    /// The last move by itself was acknowledged.
    case coolDown = "cool-down"
    /// Not too many moves by itself in 24 hours.
    case movesPerDay = "moves-per-day"
}

/// Whether a rule holds, and why.
package struct RuleFinding: Equatable, Sendable {
    package var rule: FailoverRule
    package var holds: Bool
    /// One sentence with figures.
    package var says: String

    package init(rule: FailoverRule, holds: Bool, says: String) {
        self.rule = rule
        self.holds = holds
        self.says = says
    }
}
