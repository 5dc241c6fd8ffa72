/// The contacts of a Region in the last minutes: those that began, and those that arrived and failed.
struct SimulatedRegion {
    /// Between two entries, in milliseconds.
    static let tick: Int64 = 2_000
    private static let minutesKept = 16

    struct Minute {
        /// When it began.
        var start: Int64
        var began = 0
        var failed = 0
    }

    /// By the minute since 1970, modulo ``minutesKept``.
    private var byMinute = Array(repeating: Minute(start: 0), count: minutesKept)

    /// What came in the tick before `time`. `failed`: of those that arrived.
    mutating func add(began: Int, failed: Int, at time: Int64) {
        let minute = time / 60_000
        let index = Int(minute) % Self.minutesKept
        if byMinute[index].start != minute * 60_000 { byMinute[index] = Minute(start: minute * 60_000) }
        byMinute[index].began += began
        byMinute[index].failed += failed
    }

    /// After days in which nothing was looked at: as if all had been as expected.
    mutating func fill(expected: Double, until time: Int64) {
        for back in 0..<Int64(Self.minutesKept) {
            let minute = time / 60_000 - back
            byMinute[Int(minute) % Self.minutesKept] = Minute(
                start: minute * 60_000, began: back == 0 ? 0 : Int(expected * 60_000 / Double(Self.tick)))
        }
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
