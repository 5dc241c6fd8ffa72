/// How many contacts are expected to start now, by the same minute of earlier weeks and days, at the shares of now.
///
/// What is expected of the pair is the median of the same weekday in the last five weeks, both Regions together; with fewer than three of them, of days of the same
/// kind (Monday to Friday, Saturday, Sunday) in the last two weeks. So an outage, or a day off, last week makes no difference. Of the same time, an hour earlier and
/// an hour later the least counts, because clocks that are put forward or back shift a day by an hour for weeks: where a day begins steeply, less is expected in its first hour.
///
/// It is scaled down to how today has gone: the best half hour of the last four hours, against what was expected of it. Where too
/// little was expected of each of them to tell, it may be a holiday, and nothing is expected.
///
/// Pure: no clock, nothing kept. Cost: some hundred look-ups.
package struct TrafficExpectation: Equatable, Sendable {
    /// Weeks back.
    package static let weeks = 5
    /// Days back, where there are too few weeks.
    package static let days = 14
    /// Earlier days that a median is taken of, at least.
    static let samplesMin = 3
    /// Minutes on both sides that smooth a sample.
    static let smoothing: Int64 = 2
    /// Half hours of today that are compared with earlier days, and the starts expected in one that say something.
    static let blocks = 8
    static let blockMinutes: Int64 = 30
    static let blockStartsMin = 20.0
    private static let minutesADay: Int64 = 1_440

    /// Starts a minute in both Regions together.
    package var perMinute: Double
    /// Earlier days that it was taken of.
    package var samples: Int
    /// By how much today is below them, at most 1; nil where nothing shows it.
    package var level: Double?

    /// Nil without enough history. `minute`: minutes since 1970; `regions`: both of the pair.
    package init?(of history: StartHistory, at minute: Int64, regions: [String]) {
        let window = (minute - TrafficExpectation.smoothing)..<(minute + TrafficExpectation.smoothing + 1)
        let days = TrafficExpectation.days(history, window, regions)
        guard days.count >= TrafficExpectation.samplesMin else { return nil }
        let medians = [0, -60, 60].map { (shift: Int64) in
            TrafficExpectation.median(history, (window.lowerBound + shift)..<(window.upperBound + shift), days, regions)
        }
        perMinute = (medians.min() ?? 0) / Double(window.count)
        samples = days.count
        level = TrafficExpectation.level(history, before: minute, regions)
    }

    /// The hours that are looked at, each by when it began in milliseconds since 1970: what a reader has to bring into ``StartHistory``, of each Region. `wall` in
    /// milliseconds since 1970.
    package static func hoursNeeded(at wall: Int64) -> [Int64] {
        let hour = StartHistory.floor(wall, StartHistory.hourMilliseconds)
        let back = blocks / 2 + 1
        var days = Set((1...Int64(weeks)).map { $0 * 7 })
        days.formUnion((1...Int64(self.days)).filter { isAlike(hour / 24, hour / 24 - $0) })
        var hours = Set((0...Int64(back)).map { hour - $0 })
        for day in days { for shift in -Int64(back)...1 { hours.insert(hour + shift - day * 24) } }
        return hours.sorted().map { $0 * StartHistory.hourMilliseconds }
    }

    // MARK: - Earlier days

    /// How many days before today those are that a median is taken of: all their hours of the window are known.
    private static func days(_ history: StartHistory, _ window: Range<Int64>, _ regions: [String]) -> [Int64] {
        func known(_ days: [Int64]) -> [Int64] {
            days.filter { starts(history, window, $0, regions) != nil }
        }
        let weeks = known((1...Int64(weeks)).map { $0 * 7 })
        if weeks.count >= samplesMin { return weeks }
        let today = StartHistory.floor(window.lowerBound, minutesADay)
        return known((1...Int64(days)).filter { isAlike(today, today - $0) })
    }

    /// Of these days. An hour that is a hole had no starts: less is expected then.
    private static func median(
        _ history: StartHistory, _ window: Range<Int64>, _ days: [Int64], _ regions: [String]
    ) -> Double {
        let found = days.map { starts(history, window, $0, regions, holesAreEmpty: true) ?? 0 }.sorted()
        guard !found.isEmpty else { return 0 }
        let middle = found.count / 2
        return found.count % 2 == 1 ? Double(found[middle]) : Double(found[middle - 1] + found[middle]) / 2
    }

    private static func starts(
        _ history: StartHistory, _ window: Range<Int64>, _ day: Int64, _ regions: [String], holesAreEmpty: Bool = false
    ) -> Int? {
        let back = day * minutesADay
        return history.starts(
            of: nil, in: (window.lowerBound - back)..<(window.upperBound - back), among: regions,
            holesAreEmpty: holesAreEmpty)
    }

    /// Whether two days, counted from 1970 (a Thursday), are both Monday to Friday, Saturdays or Sundays, UTC.
    private static func isAlike(_ a: Int64, _ b: Int64) -> Bool {
        func kind(_ day: Int64) -> Int64 { max(4, ((day + 3) % 7 + 7) % 7) }
        return kind(a) == kind(b)
    }

    // MARK: - Today

    private static func level(_ history: StartHistory, before minute: Int64, _ regions: [String]) -> Double? {
        var best: Double?
        for block in 0..<Int64(blocks) {
            let end = minute - block * blockMinutes
            let window = (end - blockMinutes)..<end
            let days = days(history, window, regions)
            guard days.count >= samplesMin else { continue }
            let usual = median(history, window, days, regions)
            guard usual >= blockStartsMin else { continue }
            let today = Double(history.starts(of: nil, in: window, among: regions, holesAreEmpty: true) ?? 0)
            best = max(best ?? 0, today / usual)
        }
        return best.map { min($0, 1) }
    }
}
