/// The control table as it was read, consistently, in one round.
package struct ControlView: Equatable, Sendable {
    /// Newest first, ``termsMax`` at most.
    package var terms: [Intent]
    /// Of the terms above; one a term.
    package var marks: [ActingMark]
    package var verdicts: [SelfVerdict]
    package var words: Words

    package init(terms: [Intent] = [], marks: [ActingMark] = [], verdicts: [SelfVerdict] = [], words: Words = Words()) {
        self.terms = terms
        self.marks = marks
        self.verdicts = verdicts
        self.words = words
    }

    /// More than a day of moves and the steps of a return.
    package static let termsMax = 32

    package var newest: Intent? { terms.first }
    package func mark(of term: Int64) -> ActingMark? { marks.first { $0.term == term } }
}
