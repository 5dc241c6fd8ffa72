/// How long it takes from a record's arrival at a broker until somebody can read what it tells in a Region's replica, by the faults that
/// were about meanwhile. In milliseconds of simulated time.
public struct LagReport: Sendable {
    /// Counts by size, with an error of at most 6 %: 16 steps for each power of two. Fixed in size.
    public struct Distribution: Sendable {
        private var counts: [Int] = []
        public private(set) var count = 0
        public private(set) var max: Int64 = 0

        mutating func add(_ value: Int64) {
            if counts.isEmpty { counts = Array(repeating: 0, count: 16 * 60) }
            counts[Distribution.place(value)] += 1
            count += 1
            max = Swift.max(max, value)
        }

        mutating func add(_ other: Distribution) {
            guard !other.counts.isEmpty else { return }
            if counts.isEmpty { counts = Array(repeating: 0, count: 16 * 60) }
            for place in counts.indices { counts[place] += other.counts[place] }
            count += other.count
            max = Swift.max(max, other.max)
        }

        /// A value that `share` of all are not above.
        public func percentile(_ share: Double) -> Int64 {
            guard count > 0 else { return 0 }
            let wanted = Swift.max(Int((Double(count) * share).rounded(.up)), 1)
            var sum = 0
            for place in counts.indices {
                sum += counts[place]
                if sum >= wanted { return Swift.min(Distribution.greatest(place), max) }
            }
            return max
        }

        private static func place(_ value: Int64) -> Int {
            guard value >= 16 else { return Int(Swift.max(value, 0)) }
            let exponent = 63 - value.leadingZeroBitCount
            return (exponent - 3) * 16 + Int(value >> Int64(exponent - 4)) - 16
        }

        private static func greatest(_ place: Int) -> Int64 {
            guard place >= 16 else { return Int64(place) }
            let exponent = place / 16 + 3
            return (Int64(place % 16 + 17) << Int64(exponent - 4)) - 1
        }
    }

    /// With one fault about, by fault in the order of ``Fault/allCases``.
    public private(set) var byFault: [Distribution] = Array(repeating: Distribution(), count: Fault.allCases.count)
    /// With no fault about.
    public private(set) var calm = Distribution()
    /// With several faults about.
    public private(set) var several = Distribution()

    public init() {}

    mutating func add(_ lag: Int64, _ faults: UInt32) {
        switch faults.nonzeroBitCount {
        case 0: calm.add(lag)
        case 1: byFault[faults.trailingZeroBitCount].add(lag)
        default: several.add(lag)
        }
    }

    public mutating func add(_ other: LagReport) {
        calm.add(other.calm)
        several.add(other.several)
        for place in byFault.indices { byFault[place].add(other.byFault[place]) }
    }
}
