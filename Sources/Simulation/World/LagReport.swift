public import Observability

/// How long it takes from a record's arrival at a broker until somebody can read what it tells in a Region's replica, by the faults that
/// were about meanwhile. In milliseconds of simulated time.
public struct LagReport: Sendable {
    /// 16 steps for each power of two: quantiles have an error of at most 6 %.
    private static let none = Histogram(precisionBits: 4)

    /// With one fault about, by fault in the order of ``Fault/allCases``.
    public private(set) var byFault: [Histogram] = Array(repeating: none, count: Fault.allCases.count)
    /// With no fault about.
    public private(set) var calm = none
    /// With several faults about.
    public private(set) var several = none

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
