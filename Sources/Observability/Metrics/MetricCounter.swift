import Synchronization

/// A number that only grows. Adding is one atomic addition; a batch adds once.
public final class MetricCounter: Sendable {
    private let count = Atomic<UInt64>(0)

    init() {}

    /// Adds so many; nothing where it is negative. Wraps at 2^64.
    public func add(_ amount: Int = 1) {
        guard amount > 0 else { return }
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// What has been added.
    public var value: UInt64 { count.load(ordering: .relaxed) }
}
