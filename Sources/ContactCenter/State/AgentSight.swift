public import Lattice
public import Platform

/// What an agent's registers say of whether the agent is online in one Region, and when they were last seen there: without the rest of ``AgentState``, for whoever looks at very many.
///
/// Cost: a walk over the registers; where an older program wrote no `status/R`, what only a snapshot tells is not looked at.
public struct AgentSight: Equatable, Sendable {
    public let isOnline: Bool
    /// By the time of the newest event.
    public let seen: Timestamp

    /// Nil where the registers tell nothing of the Region: no `seen/R`, or neither a login nor a status.
    public init?(_ entity: EntityView, region: ByteView) {
        var presence: RegisterView?
        var status: AgentState.ToldStatus?
        var seen: Timestamp?
        for register in entity where !register.isTombstone {
            if register.segment(after: "presence/")?.equals(region) == true {
                presence = register
            } else if register.segment(after: "seen/")?.equals(region) == true, register.rule == .max {
                seen = Timestamp(milliseconds: register.measure)
            } else if register.segment(after: "status/")?.equals(region) == true {
                status = AgentState.ToldStatus(register)
            }
        }
        guard let seen else { return nil }
        let (found, _) = AgentState.presence(presence, status)
        guard found != .unknown else { return nil }
        isOnline = found == .online
        self.seen = seen
    }
}
