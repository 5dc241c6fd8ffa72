public import Platform
import Synchronization

/// How often values fell below each of some bounds. An observation is a search among the bounds and two atomic additions.
public final class MetricHistogram: MetricSeries, @unchecked Sendable {
    private let bounds: [Double]
    /// One more than bounds, never moved; each is only touched atomically.
    private let counts: UnsafeMutablePointer<Atomic<UInt64>>
    private let sum = Atomic<UInt64>(0)

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = .allocate(capacity: bounds.count + 1)
        for index in 0...bounds.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: bounds.count + 1)
        counts.deallocate()
    }

    /// Counts a value, or `times` equal ones. What is no number is left out.
    public func observe(_ value: Double, times: Int = 1) {
        guard !value.isNaN, times > 0 else { return }
        counts[slot(of: value)].wrappingAdd(UInt64(times), ordering: .relaxed)
        addAtomically(value * Double(times), to: sum)
    }

    /// The first bound that is no less than the value.
    private func slot(of value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    public func append(_ name: String, labels: String, to buffer: inout ByteBuffer) {
        let counted = (0...bounds.count).map { counts[$0].load(ordering: .relaxed) }
        appendHistogram(name, labels, bounds, counted, sum: Double(bitPattern: sum.load(ordering: .relaxed)), to: &buffer)
    }
}

/// `counts`: by bound, and behind them what is above all bounds. The count of all is that of these.
func appendHistogram(
    _ name: String, _ labels: String, _ bounds: [Double], _ counts: [UInt64], sum: Double, to buffer: inout ByteBuffer
) {
    var total: UInt64 = 0
    for (bound, count) in zip(bounds + [.infinity], counts) {
        total &+= count
        appendSample(name + "_bucket", labelText(labels, and: "le", number(bound)), "\(total)", to: &buffer)
    }
    appendSample(name + "_sum", labels, number(sum), to: &buffer)
    appendSample(name + "_count", labels, "\(total)", to: &buffer)
}
