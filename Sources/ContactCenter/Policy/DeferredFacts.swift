public import Lattice

/// Which registers of a kind of entity may wait for their write whatever they say: somebody else tells the same, at once or soon.
/// A write of anything else of the entity carries them. What only gives a known value a newer stamp may wait in every kind and is
/// not listed (`JoinPlan.isRefresh` of `Lattice`). `docs/dynamodb.md` says how late a reader sees each fact.
///
///     DeferredFacts.of(.contact).covers(register)
///
/// Values; a lookup compares the path's beginning with at most two others and allocates nothing.
public struct DeferredFacts: Sendable {
    /// First segments, each with its slash.
    let families: [StaticString]
    /// Whether they may wait for ``shortWait`` only.
    public private(set) var waitsShortly = false
    /// Milliseconds, at most what the worker lets refreshes wait.
    public static let shortWait: Int64 = 10_000

    /// Whether a register may wait whatever it says.
    public func covers(_ register: RegisterView) -> Bool {
        for family in families where register.segment(after: family) != nil { return true }
        return false
    }

    /// The table.
    public static func of(_ kind: EntityKind) -> DeferredFacts {
        switch kind {
        case .agent: agent
        case .contact: contact
        case .volume: volume
        case .alias, .customer, .flow, .queue, .session, .username: none
        }
    }

    /// When the agent was last heard of. That somebody is alive is told again by the next event.
    private static let agent = DeferredFacts(families: ["seen/"])
    /// What an agent's snapshot says of a contact. The agent's own row has it at once, with the snapshot; contact events tell the
    /// connection, the queue and the channel, and the record all of it in the end. A contact event that tells `connected/` anew has
    /// a `seen/` of its own, which does not wait.
    private static let contact = DeferredFacts(families: ["agent/", "connected/"])
    /// How many contacts were started. Each start changes it, and who watches for a Region that fails looks every few seconds.
    private static let volume = DeferredFacts(families: ["starts/"], waitsShortly: true)
    private static let none = DeferredFacts(families: [])
}
