/// The contacts of a Region in the last minutes: those that began, those that arrived and failed, and those that should have begun.
struct SimulatedRegion {
    /// Between two entries, in milliseconds.
    static let tick: Int64 = 2_000
    /// Three minutes of them.
    private static let ticks = 90
    private static let minutesKept = 16

    struct Minute {
        /// When it began.
        var start: Int64
        var began = 0
        var failed = 0
    }

    private var began = Array(repeating: 0, count: ticks)
    private var expected = Array(repeating: 0.0, count: ticks)
    private var place = 0
    /// By the minute since 1970, modulo ``minutesKept``.
    private var byMinute = Array(repeating: Minute(start: 0), count: minutesKept)

    /// What came in the tick before `time`. `failed`: of those that arrived.
    mutating func add(began: Int, failed: Int, expected: Double, at time: Int64) {
        place = (place + 1) % Self.ticks
        self.began[place] = began
        self.expected[place] = expected
        let minute = time / 60_000
        let index = Int(minute) % Self.minutesKept
        if byMinute[index].start != minute * 60_000 { byMinute[index] = Minute(start: minute * 60_000) }
        byMinute[index].began += began
        byMinute[index].failed += failed
    }

    /// After days in which nothing was looked at: as if all had been as expected.
    mutating func fill(expected: Double, until time: Int64) {
        for place in 0..<Self.ticks {
            self.expected[place] = expected
            began[place] = Int(expected * Double(place + 1)) - Int(expected * Double(place))
        }
        for back in 0..<Int64(Self.minutesKept) {
            let minute = time / 60_000 - back
            byMinute[Int(minute) % Self.minutesKept] = Minute(
                start: minute * 60_000, began: back == 0 ? 0 : Int(expected * 60_000 / Double(Self.tick)))
        }
    }

    /// What began, and what should have, in the shortest time until now in which `enough` should have begun; nil where that is longer than three minutes.
    func recent(enough: Double) -> (began: Int, expected: Double)? {
        var sum = (began: 0, expected: 0.0)
        for back in 0..<Self.ticks {
            let place = (place - back + Self.ticks) % Self.ticks
            sum.began += began[place]
            sum.expected += expected[place]
            if sum.expected >= enough { return sum }
        }
        return nil
    }

    /// The last whole minutes before a time, oldest first.
    func minutes(before time: Int64, _ count: Int) -> [Minute] {
        let current = time / 60_000
        return (current - Int64(count)..<current).map { minute in
            let found = byMinute[Int(minute) % Self.minutesKept]
            return found.start == minute * 60_000 ? found : Minute(start: minute * 60_000)
        }
    }
}
