/// Counts whole numbers by the powers of two that they lie between, in memory that does not grow: 512 bytes, and a shift and an
/// addition a number.
///
///     var lags = Log2Histogram()   // milliseconds
///     lags.add(1_234)
///     lags.counts[11]              // 1: greater than 1,024 and at most 2,048
public struct Log2Histogram: Sendable, Equatable {
    /// By exponent: numbers of at most 2 to its power, and above the power before it. The first one has 0 and 1.
    public private(set) var counts = [Int](repeating: 0, count: 64)
    /// Exact up to 2^53.
    public private(set) var sum = 0.0

    public init() {}

    public var count: Int { counts.reduce(0, +) }

    /// A negative number counts as 0.
    @inline(__always)
    public mutating func add(_ number: Int64, times: Int = 1) {
        let counted = max(number, 0)
        counts[Log2Histogram.exponent(of: counted)] &+= times
        sum += Double(counted) * Double(times)
    }

    public mutating func add(_ other: Log2Histogram) {
        for exponent in counts.indices { counts[exponent] += other.counts[exponent] }
        sum += other.sum
    }

    public mutating func removeAll() {
        for exponent in counts.indices { counts[exponent] = 0 }
        sum = 0
    }

    @inline(__always)
    private static func exponent(of number: Int64) -> Int {
        number <= 1 ? 0 : Int64.bitWidth - (number - 1).leadingZeroBitCount
    }
}
