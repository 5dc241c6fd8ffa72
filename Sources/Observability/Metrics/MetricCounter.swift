public import Platform
import Synchronization

/// A number that only grows. Adding is one atomic addition; a batch adds once.
public final class MetricCounter: MetricSeries {
    private let count = Atomic<UInt64>(0)
    private let scale: Double

    init(scale: Double) { self.scale = scale }

    /// Adds so many; nothing where it is negative. Wraps at 2^64.
    public func add(_ amount: Int = 1) {
        guard amount > 0 else { return }
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// What has been added, without scale.
    public var value: UInt64 { count.load(ordering: .relaxed) }

    public func append(_ name: String, labels: String, to buffer: inout ByteBuffer) {
        let value = value
        appendSample(name, labels, scale == 1 ? "\(value)" : number(Double(value) * scale), to: &buffer)
    }
}

/// A number that goes up and down.
public final class MetricGauge: MetricSeries {
    private let bits = Atomic<UInt64>(0)

    init() {}

    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    public func set(_ value: Int) { set(Double(value)) }

    /// Adds, or takes away what is negative.
    public func add(_ amount: Double) { addAtomically(amount, to: bits) }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    public func append(_ name: String, labels: String, to buffer: inout ByteBuffer) {
        appendSample(name, labels, number(value), to: &buffer)
    }
}

/// Adds to a floating-point number that is kept as its bits.
func addAtomically(_ amount: Double, to bits: borrowing Atomic<UInt64>) {
    var before = bits.load(ordering: .relaxed)
    while true {
        let after = (Double(bitPattern: before) + amount).bitPattern
        let (exchanged, original) = bits.compareExchange(expected: before, desired: after, ordering: .relaxed)
        if exchanged { return }
        before = original
    }
}
