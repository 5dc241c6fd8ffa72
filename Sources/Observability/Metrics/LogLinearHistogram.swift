import Platform

/// Counts whole numbers from 0 to a greatest one, with a relative error of at most 1/128, in memory that does not grow: like an HDR
/// histogram, each power of two is cut into 128 equal parts.
///
///     var latencies = LogLinearHistogram(valueMax: 3_600_000_000)   // microseconds: 27 KB
///     latencies.record(1_234)
///     latencies.quantile(0.99)
///
/// A value for one thread; ``merge(_:)`` adds what another one counted.
public struct LogLinearHistogram: Sendable {
    /// 2^7 parts a power of two.
    private static let partBits = 7

    /// Greater values are counted as this one, and in ``clamped``.
    public let valueMax: Int
    public private(set) var count = 0
    /// How many values were out of range: greater than ``valueMax``, or negative, which count as zero.
    public private(set) var clamped = 0
    /// Of the values as counted. Exact up to 2^53.
    public private(set) var sum = 0.0
    /// Exact. Zero where there is none.
    public private(set) var max = 0
    /// Exact. Zero where there is none.
    public var min: Int { count == 0 ? 0 : least }

    private var least = Int.max
    private var counts: [UInt64]

    /// `valueMax`: at least 1.
    public init(valueMax: Int) {
        self.valueMax = Swift.max(valueMax, 1)
        counts = Array(repeating: 0, count: LogLinearHistogram.slot(of: self.valueMax) + 1)
    }

    /// Bytes of the counts.
    public var memoryBytes: Int { counts.count * MemoryLayout<UInt64>.size }

    public mutating func record(_ value: Int, times: Int = 1) {
        guard times > 0 else { return }
        let counted = Swift.min(Swift.max(value, 0), valueMax)
        if counted != value { clamped += times }
        counts[LogLinearHistogram.slot(of: counted)] += UInt64(times)
        count += times
        sum += Double(counted) * Double(times)
        max = Swift.max(max, counted)
        least = Swift.min(least, counted)
    }

    /// Adds what the other one counted. Where their greatest values differ, what is out of range here is clamped.
    public mutating func merge(_ other: LogLinearHistogram) {
        guard other.count > 0 else { return }
        guard other.valueMax == valueMax else {
            for (slot, times) in other.counts.enumerated() where times > 0 {
                record(Swift.min(LogLinearHistogram.greatest(in: slot), other.max), times: Int(times))
            }
            clamped += other.clamped
            return
        }
        for slot in 0..<counts.count { counts[slot] += other.counts[slot] }
        count += other.count
        clamped += other.clamped
        sum += other.sum
        max = Swift.max(max, other.max)
        least = Swift.min(least, other.least)
    }

    public mutating func removeAll() {
        for slot in 0..<counts.count { counts[slot] = 0 }
        (count, clamped, sum, max, least) = (0, 0, 0, 0, Int.max)
    }

    /// The value that a share of `share` (0 to 1) of all values does not exceed, at most 1/128 too great; nil where there is none.
    public func quantile(_ share: Double) -> Int? {
        guard count > 0 else { return nil }
        let wanted = UInt64(Swift.max(1, (Swift.min(Swift.max(share, 0), 1) * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (slot, times) in counts.enumerated() {
            seen += times
            if seen >= wanted { return Swift.min(LogLinearHistogram.greatest(in: slot), max) }
        }
        return max
    }

    /// Values below 2^8 have a slot each; of greater ones all but the first 8 bits are left away.
    private static func slot(of value: Int) -> Int {
        let shift = Swift.max(0, Int.bitWidth - value.leadingZeroBitCount - partBits - 1)
        return shift << partBits + value >> shift
    }

    private static func greatest(in slot: Int) -> Int {
        let shift = Swift.max(0, slot >> partBits - 1)
        let least = (slot - shift << partBits) << shift
        return least + (1 << shift - 1)
    }
}
