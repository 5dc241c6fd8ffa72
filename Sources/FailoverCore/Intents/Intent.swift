/// Which share of contacts and agents each Region is to have, who wants it and why. Written once, under its term, and never changed.
///
/// The control table has an item a term, written on the condition that there is none: so a term has one author at most, and the greatest term is what is to
/// be. A writer that heard no answer reads the term back and looks whether the token is its own.
package struct Intent: Equatable, Sendable {
    /// Why there is an intent.
    package enum Cause: String, CaseIterable, Sendable {
        /// What was found in force: nothing is to be changed.
        case adopted
        /// A controller's own decision.
        case automatic
        /// A controller's proposal that a person approved.
        case approved
        /// A person's command.
        case manual
        /// One step of a return that a person began.
        case returning
        /// A drill, or its end.
        case drill
    }

    /// 1, 2, 3 ..
    package var term: Int64
    /// In the order in which they are moved.
    package var groups: [GroupShares]
    package var cause: Cause
    /// `controller us-west-2/3f9c`, or a person's name.
    package var author: String
    /// The Region whose controllers carry it out: the one that gains.
    package var actor: String
    /// Sentences: the signals and rules that led to it, or what the person said.
    package var evidence: [String]
    /// Random, of the writer.
    package var token: String
    /// The writer's wall clock, in milliseconds since 1970. Shown to people and counted by day; nothing else depends on it.
    package var proposedAt: Int64

    /// Of the return that it is a step of.
    package var plan: String?

    package init(
        term: Int64, groups: [GroupShares], cause: Cause, author: String, actor: String, evidence: [String], token: String,
        proposedAt: Int64, plan: String? = nil
    ) {
        self.term = term
        self.groups = groups
        self.cause = cause
        self.author = author
        self.actor = actor
        self.evidence = evidence
        self.token = token
        self.proposedAt = proposedAt
        self.plan = plan
    }

    /// Sentences are kept up to this many; more of them are counted in the last one.
    package static let evidenceMax = 32

    package func shares(of group: String) -> Shares? { groups.first { $0.group == group }?.shares }

    /// What follows one group (names in DNS, routing controls) follows these. `group`: nil is the first. Nil where the intent does not name the group.
    package func shares(following group: String?) -> Shares? {
        guard let group else { return groups.first?.shares }
        return shares(of: group)
    }
}
