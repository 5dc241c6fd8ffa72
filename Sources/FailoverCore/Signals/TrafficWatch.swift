/// Whether as many contacts start in a Region as are expected (``TrafficExpectation``): the signal that says whether customers get through.
///
/// Judged is the shortest window, of whole minutes and the part of the current one that is counted by now, in which enough is expected. Unhealthy is at most
/// ``unhealthyShare`` of what is expected, if that cannot be chance: if starts come by themselves, at three quarters of the rate that is expected, so few come once in
/// 10,000 windows. The quarter is for what an expectation and a sketch are off by. Healthy is ``healthyShare`` and more. All between is unknown.
package struct TrafficWatch: Equatable, Sendable {
    /// Minutes, the current one included.
    static let windows: [Int64] = [1, 2, 3, 5, 10, 15]
    /// Of the current minute, below which the one before is judged, too.
    static let partMin = 0.75
    /// Starts that are expected in a window, below which it says nothing.
    package static let startsMin = 15.0
    package static let unhealthyShare = 0.4
    package static let healthyShare = 0.6
    static let certainRate = 0.75
    static let chanceMax = 0.0001
    /// Callers land where a new share sends them some time after it is in force.
    package static let settlingMilliseconds: Int64 = 300_000
    /// How late the other Region's counts are here, by this machine's clock. `lag`: how old the newest canary row from there is by the same clock; nil where that is not
    /// known. Nothing is taken off for a clock that is ahead: starts look older by it as well, and those of its own last minutes are not there yet.
    package static func delay(ofPeer lag: Int64?) -> Int64 { countedMilliseconds + max(0, lag ?? 0) }
    /// The signal is made every few seconds.
    package static let keptMilliseconds: Int64 = 60_000
    /// Between two looks.
    package static let paceMilliseconds: Int64 = 10_000
    /// From a start to where it is counted, beside replication: the event's own way, and the ten seconds for which a count may wait for its write.
    package static let countedMilliseconds: Int64 = 30_000
    /// What customers call by: what traffic distribution distributes.
    package static let channel = "VOICE"

    /// The Region's telephony share, 0 to 100, and when it was last changed, in milliseconds since 1970; nil where that is not known.
    package struct Share: Equatable, Sendable {
        package var percent: Int
        package var changed: Int64?

        package init(percent: Int, changed: Int64? = nil) {
            self.percent = percent
            self.changed = changed
        }
    }

    package var state: SignalState
    /// With figures.
    package var evidence: String
    /// Starts a minute that are expected in the Region at its share (``Volume/starts``); nil where nothing is.
    package var startsExpected: Double?

    /// `region` and `peer`: the pair. `share`: the Region's; nil where it is not known. `delay`: milliseconds from a start to where it is counted here: the event's own
    /// way, what may wait for its write, and replication. `wall`: milliseconds since 1970, by the clock that the counts are of.
    package init(of region: String, peer: String, _ history: StartHistory, share: Share?, delay: Int64, wall: Int64) {
        let minute = StartHistory.floor(wall - max(0, delay), StartHistory.minuteMilliseconds)
        self.init(
            of: region, peer: peer, history, TrafficExpectation(of: history, at: minute, regions: [region, peer]),
            share: share, delay: delay, wall: wall)
    }

    /// With what is expected of the pair in the minute that is judged, for whoever asks more often than that changes.
    package init(
        of region: String, peer: String, _ history: StartHistory, _ expectation: TrafficExpectation?, share: Share?,
        delay: Int64, wall: Int64
    ) {
        let counted = wall - max(0, delay)
        let minute = StartHistory.floor(counted, StartHistory.minuteMilliseconds)
        let part = Double(counted - minute * StartHistory.minuteMilliseconds) / Double(StartHistory.minuteMilliseconds)
        self.init(region, peer, history, expectation, share, minute: minute, part: part, wall: wall)
    }

    private init(_ state: SignalState, evidence: String, startsExpected: Double? = nil) {
        (self.state, self.evidence, self.startsExpected) = (state, evidence, startsExpected)
    }

    private init(
        _ region: String, _ peer: String, _ history: StartHistory, _ expectation: TrafficExpectation?, _ share: Share?,
        minute: Int64, part: Double, wall: Int64
    ) {
        let regions = [region, peer]
        guard let expectation else {
            self.init(.unknown, evidence: "there are too few earlier days to expect anything")
            return
        }
        guard let share else {
            self.init(.unknown, evidence: "the Region's share of calls is not known")
            return
        }
        let portion = Double(min(max(share.percent, 0), 100)) / 100
        guard portion > 0 else {
            self.init(.unknown, evidence: "its share of calls is 0 %", startsExpected: 0)
            return
        }
        guard let level = expectation.level else {
            self.init(
                .unknown, evidence: "of the last four hours too little was expected to tell whether today is an ordinary day",
                startsExpected: 0)
            return
        }
        let perMinute = expectation.perMinute * level * portion
        if let changed = share.changed, wall - changed < TrafficWatch.settlingMilliseconds {
            self.init(
                .unknown,
                evidence:
                    "its share of calls was changed to \(share.percent) % less than \(TrafficWatch.settlingMilliseconds / 60_000) minutes ago",
                startsExpected: perMinute)
            return
        }
        guard let window = TrafficWatch.window(perMinute, part) else {
            self.init(
                .unknown,
                evidence: "too few to tell: \(TrafficWatch.tenths(perMinute)) contacts a minute are expected to start",
                startsExpected: perMinute)
            return
        }
        // What came of the moments that are not wholly counted yet speaks for the Region, much of a short window: it
        // complains only, and anything else is said by a minute at least.
        let isShort = window == 1 && part < TrafficWatch.partMin
        let judged = (isShort ? [window, window + 1] : [window]).map { window in
            (
                minutes: Double(window - 1) + part,
                actual: TrafficWatch.actual(of: region, history, regions, minute, window)
            )
        }
        let states = judged.map { TrafficWatch.judge($0.actual, perMinute * $0.minutes) }
        let at = states[0] == .unhealthy ? 0 : states.count - 1
        let (told, expected) = (judged[at], TrafficWatch.tenths(perMinute * judged[at].minutes))
        self.init(
            states[at],
            evidence:
                "\(told.actual) of \(expected) expected contacts started in \(TrafficWatch.tenths(told.minutes)) minutes; by "
                + "\(expectation.samples) earlier days, \(Int((level * 100).rounded())) % of them today, at a share of \(share.percent) %",
            startsExpected: perMinute)
    }

    /// The shortest in which enough is expected; nil where none is.
    private static func window(_ perMinute: Double, _ part: Double) -> Int64? {
        windows.first { perMinute * (Double($0 - 1) + part) >= startsMin }
    }

    /// What was counted since the window began, up to now.
    private static func actual(
        of region: String, _ history: StartHistory, _ regions: [String], _ minute: Int64, _ window: Int64
    ) -> Int {
        // What was counted of the time since, too, speaks for the Region. An hour that no row tells of yet had no start.
        history.starts(of: region, in: (minute - window + 1)..<(minute + 2), among: regions, holesAreEmpty: true) ?? 0
    }

    private static func judge(_ actual: Int, _ expected: Double) -> SignalState {
        if Double(actual) >= healthyShare * expected { return .healthy }
        guard Double(actual) <= unhealthyShare * expected else { return .unknown }
        return chance(ofAtMost: actual, expecting: expected * certainRate) <= chanceMax ? .unhealthy : .unknown
    }

    /// That so few come or fewer, of a Poisson distribution. From 300 on with at most half of them it is less than any number of interest.
    static func chance(ofAtMost count: Int, expecting mean: Double) -> Double {
        guard mean < 300 else { return Double(count) <= 0.6 * mean ? 0 : 1 }
        var term = exponential(-mean)
        var sum = term
        for number in stride(from: 1, through: count, by: 1) {
            term *= mean / Double(number)
            sum += term
        }
        return min(sum, 1)
    }

    /// Of a number that is not positive: Taylor's series of a thousandth of it, squared ten times.
    private static func exponential(_ x: Double) -> Double {
        let small = x / 1024
        var (term, sum) = (1.0, 1.0)
        for number in 1...12 {
            term *= small / Double(number)
            sum += term
        }
        for _ in 0..<10 { sum *= sum }
        return sum
    }

    /// With one digit behind the point.
    private static func tenths(_ value: Double) -> String { "\(Int(value * 10) / 10).\(Int(value * 10) % 10)" }

    /// As a signal. `isOwn`: counted by this Region's own workers out of its own streams; else by the other Region's, and replicated. `now`: on the controller's clock.
    package func signal(of region: String, isOwn: Bool, now: Int64) -> Signal {
        Signal(
            source: isOwn ? "contact-starts" : "contact-starts-replicated", kind: .traffic, region: region, state: state,
            path: isOwn ? SignalPath(.ownStreams) : SignalPath(.counted), observedAt: now, evidence: evidence,
            keptMilliseconds: TrafficWatch.keptMilliseconds)
    }
}
