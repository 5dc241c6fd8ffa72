/// One thing that others are told: of a committed intent, or of a line of the history. Holds no personal data: a person's name and words are left out.
package struct Notice: Equatable, Sendable {
    package typealias Kind = JournalEntry.Kind

    package var kind: Kind
    /// 0: of none.
    package var term: Int64
    /// Wall clock, in milliseconds since 1970.
    package var at: Int64
    /// Of the intent, where it is about one.
    package var cause: Intent.Cause?
    /// The Region that gains.
    package var actor: String?
    package var groups: [GroupShares]
    /// Sentences that a controller wrote: signals, rules, figures.
    package var lines: [String]

    /// What controllers say of signals, rules and requests. The others may name people: who approved, who holds and why.
    private static let kindsWithLines: Set<Kind> = [.suspected, .proposed, .sent, .verified, .reasserted, .foreign, .failed]

    /// Of a line of the history that the controller `controller` wrote itself; a person's, and one that may name a person, is told without what it
    /// says.
    package init(_ entry: JournalEntry, of intent: Intent?, by controller: String) {
        kind = entry.kind
        term = entry.term
        at = entry.at
        cause = intent?.cause
        actor = intent?.actor
        groups = intent?.groups ?? []
        let isOwn = entry.author == controller && Notice.kindsWithLines.contains(entry.kind)
        lines = isOwn ? entry.lines : entry.kind == .committed && intent?.cause == .automatic ? intent?.evidence ?? [] : []
    }

    /// Of an intent that was committed.
    package init(committed intent: Intent) {
        kind = .committed
        term = intent.term
        at = intent.proposedAt
        cause = intent.cause
        actor = intent.actor
        groups = intent.groups
        lines = intent.cause == .automatic ? intent.evidence : []
    }

    /// The same of the same thing, whoever tells it and however often: a term is told once a kind, what is of no term once a moment.
    package var key: String { term > 0 ? "\(term)-\(kind.rawValue)" : "\(at)-\(kind.rawValue)" }

    /// What is told unless settings say otherwise: what people have to know or do something about.
    package static let kindsDefault: Set<Kind> = [
        .proposed, .committed, .verified, .reasserted, .foreign, .halted, .failed,
    ]
}
