public import Observability

/// What the stories of many seeds come to.
public struct FailoverFigures: Sendable {
    /// Of one design.
    public struct Design: Sendable {
        public fileprivate(set) var moves = 0
        /// Away from a Region that was well, or to one that was not.
        public fileprivate(set) var falseMoves = 0
        /// Outages in which nothing spoke against a move, and that ended without one, or were left too late.
        public fileprivate(set) var missed = 0
        /// Each class of fault weighed by its episodes a year. What company did counts for the class.
        public fileprivate(set) var falseMovesPerYear = 0.0
        /// Of pairs that somebody calls from outside and listens, and of those that nobody does.
        public fileprivate(set) var falseMovesPerYearCalled = 0.0
        public fileprivate(set) var falseMovesPerYearUncalled = 0.0
    }

    /// From the begin of an outage to the first contact that lands in the other Region with nothing left in this one.
    public struct Row: Sendable {
        public var name: String
        /// Outages in which nothing spoke against a move by itself; in the row of company, all.
        public fileprivate(set) var outages = 0
        /// In milliseconds.
        public fileprivate(set) var converge = Histogram(precisionBits: 5)
        public fileprivate(set) var obvious = Histogram(precisionBits: 5)
    }

    /// What the episodes of one class come to.
    public struct Class: Sendable {
        /// Nil: nothing went wrong.
        public var fault: FailoverFault?
        public fileprivate(set) var episodes = 0
        /// Milliseconds of them.
        public fileprivate(set) var simulated: Int64 = 0
        public fileprivate(set) var moves = 0
        public fileprivate(set) var falseMoves = 0
        public fileprivate(set) var obviousFalseMoves = 0

        public var falseMovesPerYear: Double { perYear(falseMoves) }
        public var obviousFalseMovesPerYear: Double { perYear(obviousFalseMoves) }
        private func perYear(_ count: Int) -> Double {
            guard let fault, episodes > 0 else { return 0 }
            return fault.share.perYear * Double(count) / Double(episodes)
        }
    }

    /// A seed's false move, or an outage that was missed.
    public struct Fault: Sendable {
        public var seed: UInt64
        public var says: String
    }

    /// At most so many false moves and missed outages are told one by one.
    public static let faultsMax = 100

    public private(set) var episodes = 0
    /// Milliseconds of all episodes.
    public private(set) var simulated: Int64 = 0
    /// Outages in which nothing spoke against a move by itself.
    public private(set) var due = 0
    public private(set) var converge = Design()
    public private(set) var obvious = Design()
    /// By class, then those in company.
    private var all: [Row] =
        FailoverFault.allCases.filter(\.isReasonToMove).map { Row(name: $0.rawValue) } + [Row(name: "in company")]
    private var byClass: [FailoverFault?: Class] = [:]
    /// The same of pairs that a synthetic system calls, and of those that none does.
    private var called: [FailoverFault?: Class] = [:]
    private var uncalled: [FailoverFault?: Class] = [:]
    /// What went wrong, up to ``faultsMax``, in no order.
    public private(set) var faults: [Fault] = []

    public init() {}

    /// The classes of which there was an outage.
    public var rows: [Row] { all.filter { $0.outages > 0 } }

    /// All classes of which there was an episode.
    public var classes: [Class] {
        (FailoverFault.allCases.map(Optional.some) + [nil]).compactMap { byClass[$0] }
    }

    public mutating func add(_ story: FailoverReport, seed: UInt64) {
        for (place, outcome) in story.outcomes.enumerated() {
            add(outcome, place < story.obvious.count ? story.obvious[place] : nil, seed: seed)
        }
    }

    private mutating func add(_ outcome: FailoverOutcome, _ other: FailoverOutcome?, seed: UInt64) {
        episodes += 1
        simulated += outcome.simulated
        converge.moves += outcome.moves
        converge.falseMoves += outcome.falseMoves
        obvious.moves += other?.moves ?? 0
        obvious.falseMoves += other?.falseMoves ?? 0
        let name = outcome.fault?.rawValue ?? "nothing"
        faults += outcome.falseMovesSaid.map { Fault(seed: seed, says: "\(name): \($0)") }
        if outcome.isDue && outcome.landedAt == nil || outcome.isMissed {
            faults.append(Fault(seed: seed, says: "\(name): missed"))
        }
        faults = Array(faults.prefix(Self.faultsMax))
        count(outcome, other)
        guard let began = outcome.beganAt, let fault = outcome.fault else { return }
        let isDue = outcome.isDue || outcome.isMissed
        guard isDue || !outcome.isAlone else { return }
        let kind = outcome.isAlone ? fault.rawValue : "in company"
        guard let row = all.firstIndex(where: { $0.name == kind }) else { return }
        all[row].outages += 1
        if let landed = outcome.landedAt { all[row].converge.add(landed - began) }
        if let landed = other?.landedAt { all[row].obvious.add(landed - began) }
        guard isDue else { return }
        due += 1
        if outcome.landedAt == nil { converge.missed += 1 }
        if let other, other.landedAt == nil { obvious.missed += 1 }
    }

    private mutating func count(_ outcome: FailoverOutcome, _ other: FailoverOutcome?) {
        Self.count(outcome, other, &byClass)
        if outcome.hasSynthetic { Self.count(outcome, other, &called) } else { Self.count(outcome, other, &uncalled) }
        func sum(_ classes: [FailoverFault?: Class], _ rate: (Class) -> Double) -> Double {
            classes.values.reduce(0) { $0 + rate($1) }
        }
        converge.falseMovesPerYear = sum(byClass, \.falseMovesPerYear)
        converge.falseMovesPerYearCalled = sum(called, \.falseMovesPerYear)
        converge.falseMovesPerYearUncalled = sum(uncalled, \.falseMovesPerYear)
        obvious.falseMovesPerYear = sum(byClass, \.obviousFalseMovesPerYear)
        obvious.falseMovesPerYearCalled = sum(called, \.obviousFalseMovesPerYear)
        obvious.falseMovesPerYearUncalled = sum(uncalled, \.obviousFalseMovesPerYear)
    }

    private static func count(_ outcome: FailoverOutcome, _ other: FailoverOutcome?, _ classes: inout [FailoverFault?: Class]) {
        var own = classes[outcome.fault] ?? Class(fault: outcome.fault)
        own.episodes += 1
        own.simulated += outcome.simulated
        own.moves += outcome.moves
        own.falseMoves += outcome.falseMoves
        own.obviousFalseMoves += other?.falseMoves ?? 0
        classes[outcome.fault] = own
    }
}
