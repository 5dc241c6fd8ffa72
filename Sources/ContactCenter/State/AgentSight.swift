import JSON
public import Lattice
public import Platform

/// What an agent's registers say of whether the agent is online in one Region, and when they were last seen there: without the rest of ``AgentState``, for whoever looks at very many.
///
/// Cost: a walk over the registers; where an older program wrote no `status/R`, what only a snapshot tells is not looked at.
public struct AgentSight: Equatable, Sendable {
    public let isOnline: Bool
    /// By the time of the newest event.
    public let seen: Timestamp
    /// When they signed out; nil of who is online, or is offline without having done so.
    public let leftAt: Timestamp?

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
        leftAt = isOnline ? nil : presence.flatMap { $0.value.equals("\"LOGOUT\"") ? $0.time : nil }
        self.seen = seen
    }
}

/// Since when an agent may be given contacts in one Region, as the newest snapshot there says: for whoever looks at very many now and then.
public struct AgentAvailability {
    private let parser = JSONParser()

    public init() {}

    /// Since when the status is one that contacts are routed to, and when that was last told; nil where it is another one, or the agent is not online there.
    ///
    /// Cost: two walks over the registers and the parsing of the snapshot.
    public func told(_ agent: EntityView, region: ByteView) -> (since: Timestamp, at: Timestamp)? {
        guard AgentSight(agent, region: region)?.isOnline == true else { return nil }
        for register in agent where !register.isTombstone && register.segment(after: "snapshot/")?.equals(region) == true {
            guard let status = register.object(parser)?.member("AgentStatus").flatMap({ SnapshotFacts.Status($0) }),
                status.isRoutable
            else { return nil }
            return (status.since ?? register.time, register.time)
        }
        return nil
    }
}
