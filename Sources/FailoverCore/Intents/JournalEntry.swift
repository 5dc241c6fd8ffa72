/// One line of the history.
package struct JournalEntry: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case suspected, cleared, proposed, committed, sent, verified, landed, reasserted, foreign, stepped, halted, failed,
            noticed
        case heldBack = "held-back"
    }

    package var kind: Kind
    /// Of the intent that it is about; 0 where of none.
    package var term: Int64
    /// Who writes it: `us-west-2/3f9c`, or a person's name.
    package var author: String
    /// The writer's wall clock, in milliseconds since 1970.
    package var at: Int64
    /// Sentences: signals, rules, figures.
    package var lines: [String]

    package init(kind: Kind, term: Int64, author: String, at: Int64, lines: [String]) {
        self.kind = kind
        self.term = term
        self.author = author
        self.at = at
        self.lines = lines
    }
}
