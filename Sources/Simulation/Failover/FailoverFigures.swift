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
    /// By class, with the number of episodes: false moves of both designs.
    private var falseMoves: [FailoverFault: (episodes: Int, converge: Int, obvious: Int)] = [:]

    public init() {}

    /// The classes of which there was an outage.
    public var rows: [Row] { all.filter { $0.outages > 0 } }

    public mutating func add(_ story: FailoverReport) {
        for (place, outcome) in story.outcomes.enumerated() {
            add(outcome, place < story.obvious.count ? story.obvious[place] : nil)
        }
    }

    private mutating func add(_ outcome: FailoverOutcome, _ other: FailoverOutcome?) {
        episodes += 1
        simulated += outcome.simulated
        converge.moves += outcome.moves
        converge.falseMoves += outcome.falseMoves
        obvious.moves += other?.moves ?? 0
        obvious.falseMoves += other?.falseMoves ?? 0
        if let fault = outcome.fault {
            falseMoves[fault, default: (0, 0, 0)].episodes += 1
            falseMoves[fault, default: (0, 0, 0)].converge += outcome.falseMoves
            falseMoves[fault, default: (0, 0, 0)].obvious += other?.falseMoves ?? 0
            converge.falseMovesPerYear = perYear { $0.converge }
            obvious.falseMovesPerYear = perYear { $0.obvious }
        }
        guard let began = outcome.beganAt, let fault = outcome.fault else { return }
        let isDue = outcome.isDue || outcome.isMissed
        guard isDue || !outcome.isAlone else { return }
        let name = outcome.isAlone ? fault.rawValue : "in company"
        guard let row = all.firstIndex(where: { $0.name == name }) else { return }
        all[row].outages += 1
        if let landed = outcome.landedAt { all[row].converge.add(landed - began) }
        if let landed = other?.landedAt { all[row].obvious.add(landed - began) }
        guard isDue else { return }
        due += 1
        if outcome.landedAt == nil { converge.missed += 1 }
        if let other, other.landedAt == nil { obvious.missed += 1 }
    }

    private func perYear(_ moves: (_ each: (episodes: Int, converge: Int, obvious: Int)) -> Int) -> Double {
        falseMoves.reduce(0) { $0 + $1.key.share.perYear * Double(moves($1.value)) / Double($1.value.episodes) }
    }
}
