/// What people have said, as the control table has it. Each is an item of its own that is replaced whole.
package struct Words: Equatable, Sendable {
    /// Nothing automatic happens while this stands.
    package var hold: Hold?
    /// The greatest term that a person has acknowledged: ends the cool-down of that move and of those before.
    package var acknowledgedTerm: Int64
    /// What awaits a person's yes.
    package var proposal: Proposal?
    /// The answer to a proposal.
    package var approval: Approval?
    /// A return that a person began.
    package var plan: ReturnPlan?
    /// Of schedules of drills, one each: what became of the drill that was due last. Controllers write it.
    package var drills: [DrillRecord]

    package init(
        hold: Hold? = nil, acknowledgedTerm: Int64 = 0, proposal: Proposal? = nil, approval: Approval? = nil,
        plan: ReturnPlan? = nil, drills: [DrillRecord] = []
    ) {
        self.hold = hold
        self.acknowledgedTerm = acknowledgedTerm
        self.proposal = proposal
        self.approval = approval
        self.plan = plan
        self.drills = drills
    }

    package struct Hold: Equatable, Sendable {
        package var by: String
        package var why: String
        /// Wall clock, for people.
        package var at: Int64

        package init(by: String, why: String, at: Int64) {
            self.by = by
            self.why = why
            self.at = at
        }
    }

    /// A move that a controller would make if a person said yes.
    package struct Proposal: Equatable, Sendable {
        /// Random; an approval names it.
        package var id: String
        package var controller: String
        package var groups: [GroupShares]
        package var actor: String
        package var evidence: [String]
        /// Wall clock, for people. The controller that made it withdraws it by its own clock.
        package var at: Int64
        /// The newest term when it was made: void once there is a newer one.
        package var after: Int64

        package init(
            id: String, controller: String, groups: [GroupShares], actor: String, evidence: [String], at: Int64, after: Int64
        ) {
            self.id = id
            self.controller = controller
            self.groups = groups
            self.actor = actor
            self.evidence = evidence
            self.at = at
            self.after = after
        }
    }

    package struct Approval: Equatable, Sendable {
        package var proposal: String
        package var by: String
        package var isYes: Bool

        package init(proposal: String, by: String, isYes: Bool) {
            self.proposal = proposal
            self.by = by
            self.isYes = isYes
        }
    }
}
