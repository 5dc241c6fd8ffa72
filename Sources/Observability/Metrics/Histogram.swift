/// Counts whole numbers by their size, in memory that does not grow.
///
///     var lags = Histogram()   // milliseconds, by powers of two: 520 bytes
///     lags.add(1_234)
///     lags.count(upTo: 2_048)   // 1
///
///     var latencies = Histogram(precisionBits: 7)   // microseconds, with an error of at most 1/128: 58 KB
///     latencies.add(1_234)
///     latencies.quantile(0.99)   // 1_234
///
/// Numbers that lie in the same step are counted together. Steps end at powers of two, at equal parts of them, or at given bounds; the end
/// belongs to the step. A negative number counts as 0.
///
/// A value for one thread. Histograms of the same steps are joined with ``add(_:)``: the order does not matter.
public struct Histogram: Sendable, Equatable {
    /// Of the numbers, exact up to 2^53.
    public private(set) var sum = 0.0
    /// The greatest number; 0 where there is none.
    public private(set) var max: Int64 = 0

    /// By step.
    private var counts: [Int]
    /// A power of two is cut into 2 to the power of this many steps; -1 where ``bounds`` are given.
    private let precisionBits: Int
    /// The ends of all steps but the last one; empty where steps are parts of powers of two.
    private let bounds: [Int64]

    /// Steps of equal length from one power of two to the next, 2 to the power of `precisionBits` of them. Numbers up to
    /// 2^(`precisionBits` + 1) have a step each. ``quantile(_:)`` is at most a 2^-`precisionBits` part too great.
    ///
    /// - `precisionBits`: 0 to 16. Memory: (64 - `precisionBits`) * 2^`precisionBits` times 8 bytes, and 8 more.
    public init(precisionBits: Int = 0) {
        assert((0...16).contains(precisionBits))
        self.precisionBits = precisionBits
        bounds = []
        counts = Array(repeating: 0, count: Histogram.step(of: .max, precisionBits) + 1)
    }

    /// Steps that end at these numbers, which are not negative and ascend, and one more above them all.
    public init(bounds: [Int64]) {
        assert(!bounds.isEmpty && bounds[0] >= 0 && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        precisionBits = -1
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// How many numbers were added. As many additions as there are steps.
    public var count: Int { counts.reduce(0, +) }

    /// Counts a number, or `times` equal ones: some ten instructions, or a search among given bounds. `times`: at least 1.
    @inline(__always)
    public mutating func add(_ number: Int64, times: Int = 1) {
        assert(times > 0)
        let counted = Swift.max(number, 0)
        counts[precisionBits < 0 ? step(of: counted) : Histogram.step(of: counted, precisionBits)] &+= times
        sum += Double(counted) * Double(times)
        max = Swift.max(max, counted)
    }

    /// Adds what another one of the same steps counted.
    public mutating func add(_ other: Histogram) {
        assert(other.precisionBits == precisionBits && other.bounds == bounds, "histograms of different steps")
        for step in counts.indices { counts[step] &+= other.counts[step] }
        sum += other.sum
        max = Swift.max(max, other.max)
    }

    public mutating func removeAll() {
        for step in counts.indices { counts[step] = 0 }
        (sum, max) = (0, 0)
    }

    /// How many numbers are at most `bound`. Exact where a step ends there; else those of the step in which it lies are left out.
    public func count(upTo bound: Int64) -> Int {
        var sum = 0
        for step in counts.indices {
            guard greatest(in: step) <= bound else { break }
            sum += counts[step]
        }
        return sum
    }

    /// The least end of a step that a share of `share` (0 to 1) of all numbers does not exceed, or ``max`` where that is less; nil where
    /// there is none.
    public func quantile(_ share: Double) -> Int64? {
        let count = count
        guard count > 0 else { return nil }
        let wanted = Swift.max(1, Int((Swift.min(Swift.max(share, 0), 1) * Double(count)).rounded(.up)))
        var seen = 0
        for step in counts.indices {
            seen += counts[step]
            if seen >= wanted { return Swift.min(greatest(in: step), max) }
        }
        return max
    }

    // MARK: Steps

    /// Zero has a step of its own. Of any other number, the one before it decides: of that all but the first bits are left away, so that a
    /// power of two ends a step.
    @inline(__always)
    private static func step(of number: Int64, _ precisionBits: Int) -> Int {
        guard number > 0 else { return 0 }
        let before = Int(number) &- 1
        let shift = Swift.max(0, Int.bitWidth &- before.leadingZeroBitCount &- precisionBits &- 1)
        return 1 &+ shift &<< precisionBits &+ before &>> shift
    }

    /// The first bound that is no less than the number.
    private func step(of number: Int64) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func greatest(in step: Int) -> Int64 {
        guard precisionBits >= 0 else { return step < bounds.count ? bounds[step] : .max }
        guard step > 0 else { return 0 }
        let shift = Swift.max(0, (step - 1) >> precisionBits - 1)
        let before = (step - 1 - shift << precisionBits) << shift + (1 << shift - 1)
        return Int64(before) &+ 1 < 0 ? .max : Int64(before) + 1
    }
}
