/// Who calls: contacts of both Regions, by a curve of the day and the week, as a Poisson process.
struct CallerTraffic {
    /// Of both Regions in the busiest minute.
    let startsPerMinute: Double
    private var random: SeededRandom
    /// What is left, in contacts that are expected, until the next one comes.
    private var untilNext: Double

    init(startsPerMinute: Double, seed: UInt64) {
        self.startsPerMinute = startsPerMinute
        random = SeededRandom(seed: seed)
        untilNext = random.exponential()
    }

    /// Contacts a minute that are expected at a time: day and night, and the weekend.
    func expected(at time: Int64) -> Double {
        let week: Int64 = 10_080
        let minutes = ((time - FailoverPlan.start) / 60_000 % week + week) % week
        let day = Int(minutes / 1_440)
        let hour = Double(minutes % 1_440) / 60
        // From nothing at 6 up to the most at 9, flat until 17, down to nothing at 21.
        let slope = min(max((hour - 6) / 3, 0), max((21 - hour) / 4, 0), 1)
        return startsPerMinute * max(slope, 0.005) * (day >= 5 ? 0.15 : 1)
    }

    /// Contacts that begin in `milliseconds` before `time`.
    mutating func starts(before time: Int64, milliseconds: Int64) -> Int {
        untilNext -= expected(at: time) * Double(milliseconds) / 60_000
        var count = 0
        while untilNext <= 0 {
            count += 1
            untilNext += random.exponential()
        }
        return count
    }

    /// A number in 0..<100, of a contact.
    mutating func percentile() -> Double { random.unit() * 100 }
}

extension SeededRandom {
    /// Exponentially distributed with mean 1, by von Neumann's way: comparisons alone.
    mutating func exponential() -> Double {
        var whole = 0.0
        while true {
            let first = unit()
            var last = first
            var run = 1
            while true {
                let next = unit()
                guard next < last else { break }
                last = next
                run += 1
            }
            if run % 2 == 1 { return whole + first }
            whole += 1
        }
    }
}
