/// A time in which signals of the archive complained of a Region, as the other Region's controllers saw it, and what came of it. Times in milliseconds since 1970.
package struct BacktestEpisode: Equatable, Sendable {
    package enum Outcome: String, CaseIterable, Sendable {
        /// Everything would have gone to the other Region.
        case moved
        /// All rules held, not for long enough.
        case nearMiss = "near-miss"
        /// Enough signals complained, and another rule held it back.
        case heldBack = "held-back"
        /// Too few signals that are independent of each other complained.
        case notEnough = "not-enough"
    }

    package struct Complaint: Equatable, Sendable {
        package var kind: SignalKind
        package var source: String
        package var isAssumed: Bool
        package var first: Int64
        package var last: Int64
        /// What it said at first, and last.
        package var evidence: String
        package var latest: String
    }

    /// A rule that held a move back, the first that did at each moment.
    package struct Hold: Equatable, Sendable {
        package var rule: FailoverRule
        package var first: Int64
        /// Together.
        package var milliseconds: Int64
        /// What it said last.
        package var says: String
    }

    /// All rules held.
    package struct Dwell: Equatable, Sendable {
        package var began: Int64
        /// Nil: until it moved, or the archive ended.
        package var ended: Int64?
        /// What ended it.
        package var why: String
    }

    /// The Region that was complained of, and where everything would go.
    package var lost: String
    package var target: String
    package var began: Int64
    /// Of the last complaint.
    package var ended: Int64
    /// The archive ends before they did.
    package var isOpen = false
    package var complaints: [Complaint] = []
    package var holds: [Hold] = []
    /// ``dwellsMax`` at most, the first ones; ``dwellCount`` counts all.
    package var dwells: [Dwell] = []
    package var dwellCount = 0
    /// When the intent was committed, and when the groups showed it.
    package var decidedAt: Int64?
    package var movedAt: Int64?
    /// Why, as the history would have it.
    package var evidence: [String] = []

    static let dwellsMax = 16
    /// Without a complaint for so long it is over.
    static let quietMilliseconds: Int64 = 300_000

    init(lost: String, target: String, now: Int64) {
        self.lost = lost
        self.target = target
        began = now
        ended = now
    }

    package var outcome: Outcome {
        if decidedAt != nil { return .moved }
        if dwellCount > 0 { return .nearMiss }
        return holds.contains { $0.rule != .peerUnhealthy } ? .heldBack : .notEnough
    }

    /// The signals are what the target's controller was just told.
    mutating func take(_ signals: [Signal], now: Int64) {
        for signal in signals where signal.region == lost && signal.state == .unhealthy {
            let isAssumed = signal.source == BacktestSights.source(of: signal.kind)
            if !isAssumed { ended = now }
            guard let at = complaints.firstIndex(where: { $0.source == signal.source }) else {
                complaints.append(
                    Complaint(
                        kind: signal.kind, source: signal.source, isAssumed: isAssumed, first: now, last: now,
                        evidence: signal.evidence, latest: signal.evidence))
                continue
            }
            complaints[at].last = now
            complaints[at].latest = signal.evidence
        }
    }

    /// `milliseconds` since the last round, of a move that was not made.
    mutating func take(_ evaluation: Evaluation, now: Int64, milliseconds: Int64) {
        guard decidedAt == nil else { return }
        // Without enough complaints, that is why, whatever else speaks against a move.
        let finding =
            evaluation.peer.state == .unhealthy
            ? evaluation.heldBackBy : evaluation.findings.first { $0.rule == .peerUnhealthy }
        guard let finding, !finding.holds else { return }
        guard let at = holds.firstIndex(where: { $0.rule == finding.rule }) else {
            holds.append(Hold(rule: finding.rule, first: now, milliseconds: milliseconds, says: finding.says))
            return
        }
        holds[at].milliseconds += milliseconds
        holds[at].says = finding.says
    }

    mutating func take(_ entry: JournalEntry, now: Int64) {
        switch entry.kind {
        case .suspected:
            dwellCount += 1
            if dwells.count < BacktestEpisode.dwellsMax { dwells.append(Dwell(began: now, ended: nil, why: "")) }
        case .cleared:
            guard dwellCount == dwells.count, let last = dwells.indices.last, dwells[last].ended == nil else { return }
            dwells[last].ended = now
            dwells[last].why = entry.lines.first ?? ""
        case .verified where decidedAt != nil && movedAt == nil: movedAt = now
        default: break
        }
    }
}
