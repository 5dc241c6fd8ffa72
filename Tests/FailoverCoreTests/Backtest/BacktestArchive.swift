@testable import FailoverCore

/// A contact center's archive, made up: Wednesdays of three weeks and the one that is judged, from 8:00 to 14:00 UTC.
struct BacktestArchive {
    static let regions = ["us-east-1", "us-west-2"]
    /// Wednesday, 2 December 2026, 00:00 UTC.
    static let day: Int64 = 1_796_169_600_000
    static let minute: Int64 = 60_000
    static let week: Int64 = 7 * 86_400_000

    static func at(_ hour: Int, _ minute: Int = 0, _ second: Int = 0) -> Int64 {
        day + Int64(hour * 3600 + minute * 60 + second) * 1000
    }

    /// Starts a minute in each Region.
    var perMinute = 30
    var hours = 8..<14
    var weeks = 3
    /// Whether a contact starts that would, on the day that is judged: by Region and time.
    var starts: (_ region: Int, _ time: Int64) -> Bool = { _, _ in true }
    /// Agents of each Region, and whether one is heard of that would be, by Region and time.
    var agents = 0
    var isHeard: (_ region: Int, _ time: Int64) -> Bool = { _, _ in true }

    /// Contacts start evenly: `perMinute` 30 is one every other second, from the first on.
    var facts: BacktestFacts {
        get throws {
            var facts = BacktestFacts(regions: Self.regions)
            for week in 0...weeks { try add(week, to: &facts) }
            facts.seal()
            return facts
        }
    }

    func add(_ week: Int, to facts: inout BacktestFacts) throws {
        for minute in (hours.lowerBound * 60)..<(hours.upperBound * 60) {
            let began = Self.day - Int64(week) * Self.week + Int64(minute) * Self.minute
            for number in 0..<perMinute {
                let time = began + Int64(number * 60_000 / perMinute)
                for region in 0..<2 where week > 0 || starts(region, time) {
                    // A sketch whose buckets' values sum up to how many there are: an exact count.
                    try facts.takeStart(
                        region: region, minute: began / Self.minute, bucket: number % 64, value: UInt8(number / 64 + 1),
                        heard: time)
                }
            }
        }
        guard week == 0 else { return }
        for agent in 0..<agents {
            for time in stride(
                from: Self.at(hours.lowerBound) + Int64(agent) * 1_000, to: Self.at(hours.upperBound), by: 120_000)
            {
                for region in 0..<2 where isHeard(region, time) {
                    try facts.takeAgent(UInt64(region * 1_000 + agent), region: region, isOnline: true, seen: time)
                }
            }
        }
    }

    static func settings(
        _ assumed: [SignalKind] = [], from: Int64 = at(11, 30), to: Int64 = at(12, 30),
        _ change: (inout BacktestSettings) -> Void = { _ in }
    ) -> BacktestSettings {
        var settings = BacktestSettings(
            groups: [Pair.group], policy: FailoverPolicy(), heartbeatDelay: 60_000, assumed: assumed, from: from, to: to
        ) { sketch in (0..<64).reduce(0) { $0 + Int(sketch[$1]) } }
        change(&settings)
        return settings
    }

    func report(
        _ assumed: [SignalKind] = [], from: Int64 = at(11, 30), to: Int64 = at(12, 30),
        _ change: (inout BacktestSettings) -> Void = { _ in }
    ) throws -> BacktestReport {
        var backtest = try Backtest(facts, Self.settings(assumed, from: from, to: to, change))
        return backtest.run()
    }
}
