/// When this controller first saw what the control table holds, on its own clock: what it waits by. Bounded by the terms that are read.
struct Sights: Equatable {
    /// Marks by token, terms by number.
    private var marks: [String: Int64] = [:]
    private var terms: [Int64: Int64] = [:]
    private var fulfilled: [Int64: Int64] = [:]

    mutating func take(_ view: ControlView, now: Int64) {
        let tokens = Set(view.marks.map(\.token))
        marks = marks.filter { tokens.contains($0.key) }
        for mark in view.marks where marks[mark.token] == nil { marks[mark.token] = now }
        let numbers = Set(view.terms.map(\.term))
        terms = terms.filter { numbers.contains($0.key) }
        fulfilled = fulfilled.filter { numbers.contains($0.key) }
        for term in view.terms {
            if terms[term.term] == nil { terms[term.term] = now }
            let isFulfilled = term.cause == .adopted || view.mark(of: term.term).map { $0.state != .sending } ?? false
            if !isFulfilled {
                fulfilled[term.term] = nil
            } else if fulfilled[term.term] == nil {
                fulfilled[term.term] = now
            }
        }
    }

    func first(of mark: ActingMark) -> Int64? { marks[mark.token] }
    func first(of intent: Intent) -> Int64? { terms[intent.term] }
    /// When it was first seen carried out; nil while it is not.
    func fulfilled(_ intent: Intent) -> Int64? { fulfilled[intent.term] }
}
