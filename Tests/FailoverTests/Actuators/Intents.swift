import FailoverCore
import Platform
import Servers

/// Intents that tests of actuators follow.
enum Intents {
    static let (east, west) = (TwoRegions.names[0], TwoRegions.names[1])

    /// Of one group, to the west with this share of everything.
    static func to(west share: Int, term: Int64, cause: Intent.Cause = .automatic, actor: String = west, at: Int64? = nil)
        -> Intent
    {
        let shares = Shares(west, share: share, other: east, hasSignIn: true)
        let group = GroupShares(group: "arn:aws:connect:\(east):111122223333:traffic-distribution-group/1a2b", shares: shares)
        return Intent(
            term: term, groups: [group], cause: cause, author: "controller \(actor)/1", actor: actor, evidence: ["because"],
            token: "t\(term)", proposedAt: at ?? Timestamp.now.milliseconds)
    }

    /// Newest first; marks of all that say whether the groups show them.
    static func view(_ intents: [Intent], mark: ActingMark.State = .closed) -> ControlView {
        ControlView(
            terms: intents,
            marks: intents.map { ActingMark(term: $0.term, controller: "\(west)/1", token: "m", state: mark) })
    }
}
