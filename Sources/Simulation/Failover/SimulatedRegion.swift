/// The contacts of a Region in the last three minutes: those that began, and those that should have.
struct SimulatedRegion {
    /// Between two entries, in milliseconds.
    static let tick: Int64 = 2_000
    private static let ticks = 90

    private var began = Array(repeating: 0, count: ticks)
    private var expected = Array(repeating: 0.0, count: ticks)
    private var place = 0
    /// Since the story's begin.
    private(set) var landed = 0
    private(set) var lost = 0

    /// What came in the last tick.
    mutating func add(began: Int, lost: Int, expected: Double) {
        place = (place + 1) % Self.ticks
        self.began[place] = began
        self.expected[place] = expected
        landed += began
        self.lost += lost
    }

    /// After days in which nothing was looked at: as if all had been as expected.
    mutating func fill(expected: Double) {
        for place in 0..<Self.ticks {
            self.expected[place] = expected
            began[place] = Int(expected * Double(place + 1)) - Int(expected * Double(place))
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

    /// The same of some ticks that ended some ticks ago.
    func past(from first: Int, count: Int) -> (began: Int, expected: Double) {
        var sum = (began: 0, expected: 0.0)
        for back in first..<min(first + count, Self.ticks) {
            let place = (place - back + Self.ticks) % Self.ticks
            sum.began += began[place]
            sum.expected += expected[place]
        }
        return sum
    }
}
