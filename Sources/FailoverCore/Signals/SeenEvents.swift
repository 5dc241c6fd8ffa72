/// The other Region's events in this Region's own streams, where global routing brings them: events of contacts that began there, counted by the minute of their arrival here.
///
/// Their silence is heard without a call to that Region. What else could be silent are these streams themselves: so this Region's own events have to go on meanwhile.
package enum SeenEvents {
    /// Events that arrived in one minute, by where their contact began.
    package struct Minute: Equatable, Sendable {
        package var own: Int
        package var other: Int

        package init(own: Int, other: Int) {
            self.own = own
            self.other = other
        }
    }

    /// Whole minutes that are silence, when the other Region has none of them, and those before that are held against them.
    package static let silentMinutes = 2
    package static let minutesBefore = 10
    /// Events of the other Region a minute before, on average, below which a silence says nothing.
    static let perMinuteMin = 5.0

    /// `minutes`: whole ones, oldest first, the last ended just before `now`; nil where they are not known, as `why` says.
    package static func signal(of region: String, _ minutes: [Minute]?, why: String = "", now: Int64) -> Signal {
        let (state, evidence) = judge(minutes, why)
        // Silence may be that of the way from there as well as of the streams here; what was heard stands on the streams alone.
        let path = state == .unhealthy ? SignalPath(.ownStreams, .between) : SignalPath(.ownStreams)
        return Signal(
            source: "events-here", kind: .events, region: region, state: state, path: path, observedAt: now,
            evidence: evidence)
    }

    private static func judge(_ minutes: [Minute]?, _ why: String) -> (SignalState, String) {
        guard let minutes else { return (.unknown, why) }
        guard minutes.count >= silentMinutes + minutesBefore else {
            return (.unknown, "counted for \(minutes.count) minutes only")
        }
        let last = minutes.suffix(silentMinutes)
        let before = minutes.dropLast(silentMinutes).suffix(minutesBefore)
        let count = last.reduce(0) { $0 + $1.other }
        let (usual, usualOwn) = (mean(before, \.other), mean(before, \.own))
        let said = "\(count) of its events in \(silentMinutes) minutes, \(tenths(usual)) a minute before"
        guard usual >= perMinuteMin else { return (.unknown, "too few to tell: \(said)") }
        if count > 0 { return (Double(count) >= usual * Double(silentMinutes) / 4 ? .healthy : .unknown, said) }
        let own = mean(last, \.own)
        guard own >= max(1, usualOwn / 2) else {
            return (.unknown, "\(said); this Region's own events fell from \(tenths(usualOwn)) to \(tenths(own)) a minute, too")
        }
        return (.unhealthy, "\(said); this Region's own: \(tenths(own)) a minute")
    }

    private static func mean(_ minutes: ArraySlice<Minute>, _ count: (Minute) -> Int) -> Double {
        Double(minutes.reduce(0) { $0 + count($1) }) / Double(max(1, minutes.count))
    }

    /// With one digit behind the point.
    private static func tenths(_ value: Double) -> String { "\(Int(value * 10) / 10).\(Int(value * 10) % 10)" }
}
