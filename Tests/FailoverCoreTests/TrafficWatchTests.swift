import TestSupport
import Testing

@testable import FailoverCore

@Suite("contact starts against what is expected", .limited)
struct TrafficWatchTests {
    private static let east = "us-east-1"
    private static let west = "us-west-2"
    /// Monday, 30 November 2026, 17:00 UTC.
    private static let monday: Int64 = 1_796_058_000_000
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour

    /// A contact center that opens from 8:00 to 20:00 UTC, with so many starts a minute from Monday to Friday and a tenth of them at weekends.
    private struct Center {
        var rate = 60.0
        var opens = 8
        var closes = 20
        var shares = [east: 50, west: 50]
        var random = Dice(seed: 7)
        /// What is special about a minute, by days before the Monday, Region and minute of the day: a factor.
        var special: (_ day: Int, _ region: String, _ minute: Int) -> Double = { _, _, _ in 1 }
        /// Days that nobody counted.
        var holes: Set<Int> = []

        /// What was counted up to a time; days before it, 36 of them.
        mutating func history(at wall: Int64) -> StartHistory {
            var history = StartHistory()
            for needed in TrafficExpectation.hoursNeeded(at: wall) {
                let midnight = needed - (needed % day)
                let back = Int((monday - monday % day - midnight) / day)
                guard !holes.contains(back) else { continue }
                for (region, share) in shares {
                    var minutes: [Int] = []
                    for minute in 0..<60 {
                        let start = needed + Int64(minute) * 60_000
                        guard start <= wall else { break }
                        let ofDay = Int((needed - midnight) / 60_000) + minute
                        let isOpen = ofDay >= opens * 60 && ofDay < closes * 60
                        let weekday = (midnight / day + 3) % 7
                        var mean = isOpen ? rate * Double(share) / 100 * (weekday >= 5 ? 0.1 : 1) : 0
                        mean *= special(back, region, ofDay) * min(1, Double(wall - start) / 60_000)
                        minutes.append(poisson(mean))
                    }
                    if minutes.contains(where: { $0 > 0 }) { history.take(region: region, hour: needed, minutes: minutes) }
                }
            }
            return history
        }

        private mutating func poisson(_ mean: Double) -> Int {
            // By the normal distribution's stand-in of twelve draws, good enough from a few on.
            guard mean > 0 else { return 0 }
            let draws = (0..<12).reduce(0.0) { sum, _ in sum + Double(random.below(1_000_001)) / 1_000_000 }
            return max(0, Int((mean + (draws - 6) * mean.squareRoot()).rounded()))
        }
    }

    private func watch(
        _ center: Center, _ region: String = east, share: Int? = 50, changed: Int64? = nil, at wall: Int64 = monday + 1_530_000
    ) -> TrafficWatch {
        var center = center
        let peer = region == TrafficWatchTests.east ? TrafficWatchTests.west : TrafficWatchTests.east
        return TrafficWatch(
            of: region, peer: peer, center.history(at: wall), share: share.map { .init(percent: $0, changed: changed) },
            delay: 15_000,
            wall: wall)
    }

    /// The Region's customers do not get through from a minute of the Monday on.
    private func dead(_ region: String, from minute: Int, of center: Center = Center()) -> Center {
        var center = center
        center.special = { $0 == 0 && $1 == region && $2 >= minute ? 0 : 1 }
        return center
    }

    /// 17:25 of the Monday, in minutes of the day.
    private static let now = 17 * 60 + 25

    @Test("an ordinary day is healthy in both Regions, at any volume above the floor", arguments: [4.0, 10, 60, 600, 3_000])
    func ordinary(rate: Double) {
        for seed in 1...6 {
            let center = Center(rate: rate, random: Dice(seed: UInt64(seed)))
            for region in [Self.east, Self.west] {
                let watch = watch(center, region)
                #expect(watch.state != .unhealthy, "\(watch.evidence)")
                if rate >= 60 { #expect(watch.state == .healthy, "\(watch.evidence)") }
                #expect(abs((watch.startsExpected ?? 0) / (rate / 2) - 1) < 0.4, "\(watch.evidence)")
            }
        }
    }

    @Test(
        "a Region whose customers do not get through is unhealthy, and the other is healthy, the sooner the more contacts are expected",
        arguments: [(600.0, 45), (60, 75), (30, 120), (6, 480)] as [(Double, Int64)])
    func outage(rate: Double, seconds: Int64) {
        let center = dead(Self.east, from: Self.now, of: Center(rate: rate))
        let began = Self.monday + 25 * 60_000
        let watch = watch(center, at: began + seconds * 1_000)
        #expect(watch.state == .unhealthy, "\(watch.evidence)")
        #expect(watch.evidence.contains(" expected contacts started in "))
        #expect(self.watch(center, Self.west, at: began + seconds * 1_000).state != .unhealthy)
    }

    @Test("a clock that is ahead by minutes makes nobody look ill, and hides nobody who is")
    func clockAhead() {
        let wall = Self.monday + 1_530_000
        for ahead in [0, 40_000, 90_000, 240_000] as [Int64] {
            for (center, state) in [(Center(), SignalState.healthy), (dead(Self.east, from: Self.now - 5), .unhealthy)] {
                var center = center
                let watch = TrafficWatch(
                    of: Self.east, peer: Self.west, center.history(at: wall), share: .init(percent: 50),
                    delay: TrafficWatch.delay(ofPeer: 1_000 + ahead), wall: wall + ahead)
                #expect(watch.state == state, "\(ahead) ms ahead: \(watch.evidence)")
            }
        }
    }

    @Test("few that still get through are unhealthy, most of them healthy, and half of them no outage, at any second")
    func partial() {
        for part in [0.2, 0.5, 0.8] {
            var center = Center(rate: 2_000)
            center.special = { $0 == 0 && $1 == Self.east && $2 >= Self.now - 5 ? part : 1 }
            for second in stride(from: 0, to: 60, by: 7) {
                let watch = watch(center, at: Self.monday + 1_500_000 + Int64(second) * 1_000)
                #expect((watch.state == .unhealthy) == (part == 0.2), "\(part) \(second): \(watch.evidence)")
                #expect(part != 0.8 || watch.state == .healthy, "\(part) \(second): \(watch.evidence)")
            }
        }
    }

    @Test("nothing is expected at night, at a weekend of few contacts, and of a contact center with fewer than one a minute")
    func quiet() {
        #expect(watch(Center(), at: Self.monday - 14 * Self.hour).state == .unknown)
        let saturday = watch(dead(Self.east, from: 0, of: Center(rate: 10)), at: Self.monday - 2 * Self.day)
        #expect(saturday.state == .unknown && saturday.evidence.hasPrefix("too few to tell"))
        let small = watch(dead(Self.east, from: Self.now - 60, of: Center(rate: 1.5)))
        #expect(small.state == .unknown && (small.startsExpected ?? 0) < 1)
    }

    @Test("a holiday is no outage: neither a day without calls nor one with few")
    func holiday() {
        for part in [0, 0.05, 0.3] {
            for (hours, minute) in [(-9, 2), (-8, 30), (0, 25)] as [(Int64, Int64)] {
                var center = Center()
                center.special = { day, _, _ in day == 0 ? part : 1 }
                for region in [Self.east, Self.west] {
                    let watch = watch(center, region, at: Self.monday + hours * Self.hour + minute * 60_000 + 40_000)
                    #expect(watch.state != .unhealthy, "\(part) \(hours): \(watch.evidence)")
                }
            }
        }
    }

    @Test("growth and decline over the weeks are no outage, and an outage is seen all the same", arguments: [1.15, 0.9])
    func growth(week: Double) {
        func grown(_ day: Int) -> Double { (0..<(5 - day / 7)).reduce(1.0) { factor, _ in factor * week } }
        var center = Center()
        center.special = { day, _, _ in grown(day) }
        #expect(watch(center).state == .healthy)
        center.special = { day, region, minute in day == 0 && region == Self.east && minute >= Self.now - 3 ? 0 : grown(day) }
        #expect(watch(center).state == .unhealthy)
    }

    @Test(
        "a share of zero expects nothing, an unknown one says nothing, and a changed one holds for both Regions' earlier starts"
    )
    func shares() {
        var moved = Center()
        // All calls went to the west two hours ago.
        moved.special = { $0 == 0 && $2 >= Self.now - 120 ? ($1 == Self.east ? 0 : 2) : 1 }
        let changed = Self.monday + 1_530_000 - 2 * Self.hour
        let left = watch(moved, share: 0, changed: changed)
        #expect(left.state == .unknown && left.startsExpected == 0 && left.evidence == "its share of calls is 0 %")
        let taken = watch(moved, Self.west, share: 100, changed: changed)
        #expect(taken.state == .healthy && abs((taken.startsExpected ?? 0) / 60 - 1) < 0.3, "\(taken.evidence)")
        #expect(watch(moved, share: nil).state == .unknown)
        // It does not take over: the west gets what it had.
        var stuck = Center()
        stuck.special = { $0 == 0 && $2 >= Self.now - 20 ? ($1 == Self.east ? 0 : 0.2) : 1 }
        #expect(watch(stuck, Self.west, share: 100, changed: changed).state == .unhealthy)
        let fresh = watch(stuck, Self.west, share: 100, changed: Self.monday + 1_530_000 - 200_000)
        #expect(fresh.state == .unknown && fresh.evidence.contains("less than 5 minutes ago"))
    }

    @Test("weeks that are missing are left out, days stand in for them, and without enough of both nothing is expected")
    func holes() {
        let outage = dead(Self.east, from: Self.now - 3)
        var center = outage
        center.holes = [7, 14]
        #expect(watch(center).state == .unhealthy)
        center.holes = [7, 14, 21]
        #expect(watch(center).state == .unhealthy, "by the days of the last two weeks")
        center.holes = Set(3...40)
        let unknown = watch(center)
        #expect(unknown.state == .unknown && unknown.startsExpected == nil)
        #expect(unknown.evidence == "there are too few earlier days to expect anything")
        #expect(watch(Center(holes: Set(0...40))).state == .unknown)
    }

    @Test("an outage at the same minute last week, or a day off, changes nothing")
    func lastWeek() {
        for part in [0.0, 0.1] {
            var center = Center()
            center.special = { day, _, _ in day == 7 ? part : 1 }
            #expect(watch(center).state == .healthy)
            center.special = { day, region, minute in
                day == 7 ? part : day == 0 && region == Self.east && minute >= Self.now - 3 ? 0 : 1
            }
            #expect(watch(center).state == .unhealthy)
        }
    }

    @Test(
        "for the weeks after clocks are put forward or back no false alarm comes at any time of the day", arguments: [-60, 60])
    func clocks(minutes: Int) {
        for week in 0..<3 {
            for hour in 0..<24 {
                var center = Center(rate: 600, opens: 0, closes: 24)
                center.special = { day, _, minute in
                    let local = minute + (day < 7 * week + 1 ? minutes : 0)
                    return local >= 8 * 60 && local < 20 * 60 ? 1 : 0.1
                }
                let wall = Self.monday - 17 * Self.hour + Int64(hour) * Self.hour + 100_000
                for region in [Self.east, Self.west] {
                    let watch = watch(center, region, at: wall)
                    #expect(watch.state != .unhealthy, "week \(week), \(hour) h: \(watch.evidence)")
                }
            }
        }
    }

    @Test("an outage is seen in the morning, too, once somebody has called that day")
    func morning() {
        // The other Region shows that it is no holiday.
        let center = dead(Self.east, from: 9 * 60)
        #expect(watch(center, at: Self.monday - 8 * Self.hour + 90_000).state == .unhealthy)
        #expect(watch(center, Self.west, at: Self.monday - 8 * Self.hour + 90_000).state == .healthy)
    }

    @Test("by chance alone no alarm comes in hundreds of looks at a contact center just above the floor")
    func chance() {
        var alarms = 0
        for seed in 1...300 {
            if watch(Center(rate: 3, random: Dice(seed: UInt64(seed)))).state == .unhealthy { alarms += 1 }
        }
        #expect(alarms == 0)
    }

    @Test("a third of few expected contacts may be chance, and is no alarm; none of them is one")
    func few() {
        for seed in 1...20 {
            var center = Center(rate: 3, random: Dice(seed: UInt64(seed)))
            center.special = { $0 == 0 && $1 == Self.east && $2 >= Self.now - 15 ? 0.35 : 1 }
            let third = watch(center)
            #expect(third.state != .unhealthy || third.evidence.hasPrefix("0 of "), "\(third.evidence)")
            center.special = { $0 == 0 && $1 == Self.east && $2 >= Self.now - 15 ? 0 : 1 }
            let none = watch(center)
            #expect(none.state == .unhealthy && none.evidence.hasPrefix("0 of "), "\(none.evidence)")
        }
    }

    @Test("of a contact center that is called on the hour only, a silent hour may be a holiday")
    func spikes() {
        var center = Center(rate: 3.6, opens: 0, closes: 24)
        func isSpike(_ minute: Int) -> Bool { (minute + 2) % 60 < 5 }
        center.special = { day, _, minute in isSpike(minute) && day > 0 ? 1 : 0 }
        let silent = watch(center, at: Self.monday + 100_000)
        #expect(silent.state == .unknown && silent.startsExpected == 0, "\(silent.evidence)")
        #expect(silent.evidence.hasSuffix("whether today is an ordinary day"), "\(silent.evidence)")
    }

    @Test("the chance of so few starts is that of a Poisson distribution")
    func distribution() {
        for (count, mean, chance) in [
            (0, 1.0, 0.36787944117144233), (2, 5.0, 0.12465201948308114), (0, 20.0, 2.061153622438558e-9),
            (90, 100.0, 0.17138511), (40, 100.0, 7.5197e-12),
        ] {
            let found = TrafficWatch.chance(ofAtMost: count, expecting: mean)
            #expect(abs(found / chance - 1) < 0.05, "\(count) of \(mean): \(found)")
        }
        #expect(
            TrafficWatch.chance(ofAtMost: 100, expecting: 400) == 0 && TrafficWatch.chance(ofAtMost: 390, expecting: 400) == 1)
    }

    @Test("the signal tells whether this Region counted or the other one's workers did")
    func signal() {
        let watch = watch(Center())
        let own = watch.signal(of: Self.east, isOwn: true, now: 5)
        #expect(own.kind == .traffic && own.path == SignalPath(.ownStreams) && own.state == .healthy && own.observedAt == 5)
        let peers = watch.signal(of: Self.east, isOwn: false, now: 5)
        #expect(peers.path == SignalPath(.counted) && peers.source != own.source)
    }

    @Test("a history keeps the newest hours within its bound, replaces an hour told again, and knows what it lacks")
    func history() {
        var history = StartHistory()
        for hour in 0..<Int64(StartHistory.hoursMax + 50) {
            history.take(region: Self.east, hour: hour * Self.hour, minutes: [1])
        }
        #expect(history.starts(of: Self.east, in: 0..<60, among: [Self.east]) == nil, "the oldest made room")
        let last = Int64(StartHistory.hoursMax + 49)
        history.take(region: Self.east, hour: last * Self.hour + 5, minutes: [3, 4])
        let first = last * 60
        #expect(history.starts(of: nil, in: first..<first + 60, among: [Self.east, Self.west]) == 7)
        #expect(history.starts(of: Self.west, in: first..<first + 60, among: [Self.east, Self.west]) == 0)
        #expect(history.starts(of: Self.east, in: first + 1..<first + 61, among: [Self.east]) == nil, "the next hour is a hole")
        #expect(history.starts(of: Self.east, in: first - 1..<first + 1, among: [Self.east]) == 3)
    }
}
