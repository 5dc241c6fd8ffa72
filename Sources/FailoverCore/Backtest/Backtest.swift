/// Drives both Regions' controllers through recorded time: when would they have moved, and why.
///
///     var backtest = try Backtest(facts, settings)
///     let report = backtest.run { time in .. }
///
/// The controllers are ``FailoverController`` in the mode automatic, in a control table that answers at once. They hear what archived facts make of the signals (``BacktestSights``). While
/// nobody complains only the signals are looked at; from the first complaint on, rounds are made as a living controller makes them.
///
/// An archive shows what happened, not what would have happened after a move. So each episode is judged by itself: when it is over, a person is taken to have everything
/// returned and acknowledged. Moves a day count on.
///
/// Pure: the same facts and settings give the same report. Cost: two expectations every ten seconds of recorded time, some hundred microseconds.
package struct Backtest: Sendable {
    private let regions: [String]
    private let settings: BacktestSettings
    private let shares: BacktestShares
    private let from: Int64
    private let to: Int64
    private var sights: BacktestSights
    private var controllers: [FailoverController]
    private var table: BacktestTable
    /// Of the first Region, as the table has it; nil while it is not known.
    private var percent: Int?

    /// By the Region that is complained of.
    private var open: [BacktestEpisode?] = [nil, nil]
    private var roundAt: [Int64]
    private var lookedAt: Int64
    private var report: BacktestReport

    /// Why nothing can be told.
    package enum Problem: Error, Equatable, CustomStringConvertible {
        case empty
        case notWithin(from: Int64, to: Int64)
        case tooLong(days: Int64)

        package var description: String {
            switch self {
            case .empty: "no contact start and no agent event of the pair was found"
            case .notWithin: "there is nothing between --from and --to"
            case .tooLong(let days):
                "the events are of \(days) days, \(BacktestSettings.daysMax) are the most; if an event has a wrong time, give --from and --to"
            }
        }
    }

    /// `facts`: sealed.
    package init(_ facts: BacktestFacts, _ settings: BacktestSettings) throws(Problem) {
        guard let span = facts.span else { throw .empty }
        let from = settings.from ?? span.lowerBound
        let to = min(settings.to ?? span.upperBound, span.upperBound)
        guard from <= to else { throw .notWithin(from: from, to: to) }
        let days = (to - from) / 86_400_000
        guard days <= BacktestSettings.daysMax else { throw .tooLong(days: days) }
        regions = facts.regions
        self.settings = settings
        self.from = from
        self.to = to
        let shares =
            settings.shares ?? BacktestShares(measured: BacktestStarts.days(facts, settings.estimate), from: from, to: to)
        self.shares = shares
        sights = BacktestSights(facts, settings, shares, from: from)
        var policy = settings.policy
        policy.mode = .automatic
        controllers = [0, 1].map { own in
            FailoverController(
                .init(region: facts.regions[own], peer: facts.regions[1 - own], id: "backtest"), policy, seed: UInt64(own + 1))
        }
        percent = shares.shares(at: from)?[0].percent
        table = BacktestTable(groups: settings.groups, regions: facts.regions, percent: percent ?? 50, now: from)
        roundAt = [from, from]
        lookedAt = from
        report = BacktestReport(from: from, to: to, shares: shares, assumed: settings.assumed)
    }

    /// `tell`: how far it is, in milliseconds since 1970.
    package mutating func run(_ tell: (Int64) -> Void = { _ in }) -> BacktestReport {
        var now = from
        while now <= to {
            tell(now)
            step(now)
            now += pace
        }
        for lost in 0..<2 {
            open[lost]?.isOpen = true
            close(lost, now: to)
        }
        report.episodes.sort { ($0.began, $0.lost) < ($1.began, $1.lost) }
        return report
    }

    private var isWatched: Bool { open.contains { $0 != nil } }

    /// Milliseconds to the next moment.
    private var pace: Int64 {
        let isBusy = controllers.contains { $0.suspicion != .watching || $0.carrying != nil || $0.isUnfulfilled }
        if isBusy { return settings.policy.roundMilliseconds }
        return isWatched ? max(Backtest.watchedMilliseconds, settings.policy.roundMilliseconds) : settings.paceMilliseconds
    }

    /// What is looked at most often is looked at every five seconds; between two looks nothing new is decided.
    private static let watchedMilliseconds: Int64 = 5_000

    private mutating func step(_ now: Int64) {
        sights.advance(to: now)
        applyShares(now)
        let wasWatched = isWatched
        let looks = sights.look(now: now, isQuiet: !wasWatched)
        cover(now)
        follow(looks, now)
        if isWatched, !wasWatched { wakeUp(before: now) }
        for own in 0..<2 {
            for signal in looks[own].signals { controllers[own].observe(signal) }
            for volume in looks[own].volumes { controllers[own].observe(volume) }
        }
        if wasWatched || isWatched { rounds(now) }
    }

    private mutating func cover(_ now: Int64) {
        for (region, watch) in sights.watches.enumerated() {
            report.coverage[region].take(watch, milliseconds: now - lookedAt, startsMin: settings.policy.startsMin)
        }
        lookedAt = now
    }

    /// Somebody has changed the shares, says the archive or the user; not while everything is elsewhere.
    private mutating func applyShares(_ now: Int64) {
        guard let new = shares.shares(at: now)?[0].percent, new != percent, open.allSatisfy({ $0?.decidedAt == nil }) else {
            return
        }
        percent = new
        table.intend(percent: new, why: "the shares of the archive", now: now)
    }

    // MARK: - Episodes

    private mutating func follow(_ looks: [BacktestSights.Look], _ now: Int64) {
        for lost in 0..<2 {
            let target = 1 - lost
            if open[lost] == nil, sights.isComplained(of: lost) {
                open[lost] = BacktestEpisode(lost: regions[lost], target: regions[target], now: now)
                roundAt[target] = now
            }
            open[lost]?.take(looks[target].signals, now: now)
            if let episode = open[lost], now - episode.ended > BacktestEpisode.quietMilliseconds, !sights.isComplained(of: lost)
            {
                close(lost, now: now)
            }
        }
    }

    private mutating func close(_ lost: Int, now: Int64) {
        guard let episode = open[lost] else { return }
        open[lost] = nil
        report.outcomes[episode.outcome, default: 0] += 1
        if report.episodes.count < BacktestReport.episodesMax { report.episodes.append(episode) }
        guard episode.decidedAt != nil else { return }
        table.intend(percent: percent ?? 50, why: "it is over, and a person has everything returned", now: now)
    }

    // MARK: - Controllers

    /// Two rounds ahead, so that controllers that slept while there was nothing to do know each other to be alive.
    private mutating func wakeUp(before now: Int64) {
        let round = settings.policy.roundMilliseconds
        for time in [now - 2 * round, now - round] { rounds(time, isWaking: true) }
    }

    private mutating func rounds(_ now: Int64, isWaking: Bool = false) {
        for own in 0..<2 {
            while let step = controllers[own].next(now: now, wall: now) {
                let answer = table.perform(step, now: now)
                note(step, answer, by: own, now)
                controllers[own].take(answer, now: now)
            }
            if !isWaking, sights.isComplained(of: 1 - own), let evaluation = controllers[own].evaluation {
                open[1 - own]?.take(evaluation, now: now, milliseconds: max(0, now - roundAt[own]))
            }
            roundAt[own] = max(roundAt[own], now)
        }
    }

    private mutating func note(_ step: FailoverStep, _ answer: FailoverAnswer, by own: Int, _ now: Int64) {
        switch step {
        case .control(.write(let entry)): open[1 - own]?.take(entry, now: now)
        case .control(.propose(let intent)) where intent.cause == .automatic && answer == .done:
            open[1 - own]?.decidedAt = now
            open[1 - own]?.evidence = intent.evidence
        default: break
        }
    }
}
