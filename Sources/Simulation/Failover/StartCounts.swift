import FailoverCore

/// The contacts that workers have counted, as each Region knows them: its own some seconds later, the other's as long as rows pass between the two. Earlier days are the
/// curve of the callers, as if nothing had been.
struct StartCounts {
    /// A count waits so many ticks for its write.
    private static let ticksBehind = 5
    private static let hour = 3_600_000 as Int64
    /// A worker that is further behind, by its own clock, does not judge.
    private static let lagMax: Int64 = 60_000

    /// By Region, and by when the hour began: starts of its minutes.
    private var counted: [[Int64: [Int]]] = [[:], [:]]
    private var waiting: [(began: [Int], at: Int64)] = []
    /// By Region that looks.
    private var known = [StartHistory(), StartHistory()]
    private var expectations: [(minute: Int64, value: TrafficExpectation?)?] = [nil, nil]

    // MARK: What is counted

    /// Today up to now as it should have been, by the shares of now, and the days before it.
    mutating func begin(_ traffic: CallerTraffic, shares: [Double], at now: Int64) {
        counted = [[:], [:]]
        waiting = []
        known = [StartHistory(), StartHistory()]
        expectations = [nil, nil]
        // Faults and what follows last four hours at most.
        for later in 0...4 as ClosedRange<Int64> {
            for start in TrafficExpectation.hoursNeeded(at: now + later * Self.hour) where start / Self.hour <= now / Self.hour
            {
                let isToday = now - start < 12 * Self.hour
                for region in 0..<2 where counted[region][start] == nil {
                    let share = isToday ? shares[region] : region == 0 ? 1 : 0
                    counted[region][start] = Self.minutes(of: start, until: isToday ? now : .max, traffic, share)
                }
            }
        }
        for viewer in 0..<2 {
            for region in 0..<2 {
                for (start, minutes) in counted[region] { take(start, minutes, of: region, by: viewer) }
            }
        }
    }

    private static func minutes(of start: Int64, until end: Int64, _ traffic: CallerTraffic, _ share: Double) -> [Int] {
        var sum = 0.0
        return (0..<60 as Range<Int64>).map { minute in
            let time = start + minute * 60_000
            guard time + 60_000 <= end else { return 0 }
            let before = sum
            sum += traffic.expected(at: time) * share
            return Int(sum) - Int(before)
        }
    }

    /// What began in the tick before a time.
    mutating func add(_ began: [Int], at now: Int64) {
        waiting.append((began, now - 1))
        guard waiting.count > Self.ticksBehind else { return }
        let (began, at) = waiting.removeFirst()
        let start = at / Self.hour * Self.hour
        for region in 0..<2 {
            counted[region][start, default: Array(repeating: 0, count: 60)][Int((at - start) / 60_000)] += began[region]
        }
    }

    private mutating func take(_ start: Int64, _ minutes: [Int], of region: Int, by viewer: Int) {
        known[viewer].take(region: FailoverPlan.regionNames[region], hour: start, minutes: minutes)
    }

    // MARK: What is made of it

    /// What a Region says of itself or of the other one. `isHeard`: rows of the other one arrive. `lag`: how old the newest one is, by the clock of the one that looks.
    mutating func watch(
        of region: Int, by viewer: Int, isHeard: Bool, lag: Int64, share: TrafficWatch.Share, at now: Int64, wall: Int64
    ) -> TrafficWatch {
        let current = now / Self.hour * Self.hour
        for each in 0..<2 where each == viewer || isHeard {
            // What did not come while nothing passed comes now.
            for start in [current - 2 * Self.hour, current - Self.hour, current] {
                if let minutes = counted[each][start] { take(start, minutes, of: each, by: viewer) }
            }
        }
        let names = FailoverPlan.regionNames
        let delay = region == viewer ? TrafficWatch.countedMilliseconds : TrafficWatch.delay(ofPeer: lag)
        let minute = (wall - delay) / 60_000
        if expectations[viewer]?.minute != minute {
            expectations[viewer] = (minute, TrafficExpectation(of: known[viewer], at: minute, regions: names))
        }
        return TrafficWatch(
            of: names[region], peer: names[1 - region], known[viewer], expectations[viewer]?.value, share: share,
            delay: delay, wall: wall)
    }

    /// As a signal. Who is behind, or whose clock is ahead, does not judge its own Region.
    static func signal(_ watch: TrafficWatch, of region: Int, by viewer: Int, clock offset: Int64, now: Int64) -> Signal {
        let isOwn = region == viewer
        var signal = watch.signal(of: FailoverPlan.regionNames[region], isOwn: isOwn, now: now)
        if isOwn, offset > lagMax - 10_000 {
            signal.state = .unknown
            signal.evidence = "this worker is behind, or it is not known how far"
        }
        return signal
    }
}
