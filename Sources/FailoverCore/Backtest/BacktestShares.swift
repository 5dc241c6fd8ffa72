/// Which share of calls each Region of a pair had while the archive was written: as somebody says, or as the archive shows it.
package struct BacktestShares: Equatable, Sendable {
    /// From then on.
    package struct Change: Equatable, Sendable {
        /// Milliseconds since 1970; `.min`: from the beginning.
        package var at: Int64
        /// Of the first Region of the pair, 0 to 100; nil: not known.
        package var percent: Int?

        package init(at: Int64, percent: Int?) {
            self.at = at
            self.percent = percent
        }
    }

    /// Ascending.
    package private(set) var changes: [Change]
    /// Nobody said so.
    package let isMeasured: Bool

    package init(given changes: [Change]) {
        self.changes = changes.sorted { $0.at < $1.at }
        isMeasured = false
    }

    private static let days = 14
    /// Starts of a day that show a share.
    private static let startsMin = 100
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Each day the median of the days before it, two weeks back, to the nearest 10 %, in which Connect has them: so a day on which a Region was silent changes nothing. `days`: starts by days since 1970 and Region.
    init(measured days: [Int64: [Int]], from first: Int64, to last: Int64) {
        isMeasured = true
        changes = [Change(at: .min, percent: nil)]
        let (firstDay, lastDay) = (first / BacktestShares.dayMilliseconds, last / BacktestShares.dayMilliseconds)
        for day in stride(from: firstDay, through: lastDay, by: 1) {
            let shares = (1...Int64(BacktestShares.days)).compactMap { back -> Double? in
                guard let starts = days[day - back], starts[0] + starts[1] >= BacktestShares.startsMin else { return nil }
                return Double(starts[0]) / Double(starts[0] + starts[1])
            }.sorted()
            guard !shares.isEmpty else { continue }
            let percent = Int((shares[shares.count / 2] * 10).rounded()) * 10
            if changes.last?.percent != percent {
                changes.append(Change(at: day * BacktestShares.dayMilliseconds, percent: percent))
            }
        }
    }

    /// What holds at a time, of both Regions; nil where it is not known. `changed` is nil where nobody said when.
    func shares(at time: Int64) -> [TrafficWatch.Share]? {
        guard let change = changes.last(where: { $0.at <= time }), let percent = change.percent else { return nil }
        let changed = isMeasured || change.at == .min ? nil : change.at
        return [
            TrafficWatch.Share(percent: percent, changed: changed),
            TrafficWatch.Share(percent: 100 - percent, changed: changed),
        ]
    }
}
