/// What a backtest came to. Times in milliseconds, moments since 1970.
package struct BacktestReport: Equatable, Sendable {
    /// How much of the time contacts of a Region could be judged by.
    package struct Coverage: Equatable, Sendable {
        /// Too few earlier days, or the Region's share is not known.
        package var unexpected: Int64 = 0
        /// Nothing is expected: no share, or a day on which nobody has called yet.
        package var nothing: Int64 = 0
        /// Too few contacts are expected to tell.
        package var tooFew: Int64 = 0
        package var judged: Int64 = 0
        /// Of what was judged: neither as many as expected nor too few, or a share that was changed just then.
        package var unclear: Int64 = 0
        package var unhealthy: Int64 = 0
        /// Of all: below the floor of the rule `volume`, where something is expected at all.
        package var belowFloor: Int64 = 0

        package var all: Int64 { unexpected + nothing + tooFew + judged }
    }

    package var from: Int64
    package var to: Int64
    package var shares: BacktestShares
    package var assumed: [SignalKind]
    /// By Region, in the pair's order.
    package var coverage = [Coverage(), Coverage()]
    /// ``episodesMax`` at most, in order of their beginning; the rest is counted in ``outcomes`` alone.
    package var episodes: [BacktestEpisode] = []
    package var outcomes: [BacktestEpisode.Outcome: Int] = [:]

    package static let episodesMax = 10_000

    package func count(_ outcome: BacktestEpisode.Outcome) -> Int { outcomes[outcome] ?? 0 }
}

extension BacktestReport.Coverage {
    /// `startsMin`: the floor of the rule `volume`.
    mutating func take(_ watch: TrafficWatch, milliseconds: Int64, startsMin: Double) {
        guard let expected = watch.startsExpected else { return unexpected += milliseconds }
        if expected < startsMin { belowFloor += milliseconds }
        if expected == 0 {
            nothing += milliseconds
        } else if expected * Double(TrafficWatch.windows.last ?? 1) <= TrafficWatch.startsMin, watch.state == .unknown {
            tooFew += milliseconds
        } else {
            judged += milliseconds
            switch watch.state {
            case .healthy: break
            case .unhealthy: unhealthy += milliseconds
            case .unknown: unclear += milliseconds
            }
        }
    }
}
