/// A part of a failover, from one moment to the next. What is not known is said to be: never zero, never made up.
package struct ReportPhase: Equatable, Sendable {
    package enum Name: String, CaseIterable, Sendable {
        /// From the last sign of life of the Region that was lost until it was suspected.
        case detect
        /// Until the intent was committed.
        case decide
        /// Until all groups showed it.
        case act
        /// Until the first contact started in the Region that gains.
        case landing
        /// From the groups' showing it until half of the agents, and nine tenths, were available again.
        case agentsHalf = "agents-half"
        case agentsMost = "agents-most"
    }

    package enum Took: Equatable, Sendable {
        case milliseconds(Int64)
        /// Its end came before its beginning, by so many milliseconds: it overlapped with the phase before, or two clocks differ.
        case earlier(Int64)
        /// Why it is not known.
        case unknown(String)
    }

    package var name: Name
    package var from: ReportMoment?
    package var to: ReportMoment?
    package var took: Took

    /// From one moment to another; `why`: what to say where one of them is not known.
    init(_ name: Name, from: ReportMoment?, to: ReportMoment?, why: String) {
        self.name = name
        self.from = from
        self.to = to
        took = ReportPhase.span(from, to, why)
    }

    static func span(_ from: ReportMoment?, _ to: ReportMoment?, _ why: String) -> Took {
        guard let from, let to else { return .unknown(why) }
        let (milliseconds, overflows) = to.at.subtractingReportingOverflow(from.at)
        if overflows { return .unknown("its times cannot be") }
        return milliseconds < 0 ? .earlier(-milliseconds) : .milliseconds(milliseconds)
    }

    /// Whether its ends were told by two clocks, whose difference is in what it took.
    package var hasTwoClocks: Bool {
        guard let from, let to else { return false }
        return from.clock != to.clock
    }
}

/// When something was so, and by whose clock.
package struct ReportMoment: Equatable, Sendable {
    /// Milliseconds since 1970.
    package var at: Int64
    /// Of the controller `us-west-2/3f9c`, or ``connect``.
    package var clock: String
    /// What was so.
    package var says: String

    package init(at: Int64, clock: String, says: String) {
        self.at = at
        self.clock = clock
        self.says = says
    }

    package static let connect = "Amazon Connect"
}
