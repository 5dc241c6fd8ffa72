import Glibc
public import Platform
import Synchronization

/// Quantiles of whole numbers, such as latencies in microseconds, told as a summary: p50, p90, p99 and p99.9 of the last one to two
/// windows; sum and count since the start.
///
/// A thread counts into a ``LogLinearHistogram`` of its own and hands it over once a batch, which takes a lock and some microseconds.
public final class MetricDistribution: MetricSeries {
    /// A minute.
    public static let windowMilliseconds: Int64 = 60_000
    public static let quantiles = [0.5, 0.9, 0.99, 0.999]

    private struct State {
        var recent: LogLinearHistogram
        var before: LogLinearHistogram
        var all: LogLinearHistogram
        /// When `recent` began.
        var since: Int64
    }

    private let state: Mutex<State>
    private let scale: Double
    private let valueMax: Int
    private let clock: @Sendable () -> Int64

    init(scale: Double, valueMax: Int, clock: @escaping @Sendable () -> Int64) {
        self.scale = scale
        self.valueMax = valueMax
        self.clock = clock
        let empty = LogLinearHistogram(valueMax: valueMax)
        state = Mutex(State(recent: empty, before: empty, all: empty, since: clock()))
    }

    /// An empty histogram of the right size, for a thread to count into.
    public func batch() -> LogLinearHistogram { LogLinearHistogram(valueMax: valueMax) }

    /// Adds what a batch counted and empties it.
    public func take(_ batch: inout LogLinearHistogram) {
        guard batch.count > 0 else { return }
        let now = clock()
        state.withLock { state in
            MetricDistribution.turn(&state, now)
            state.recent.merge(batch)
            state.all.merge(batch)
        }
        batch.removeAll()
    }

    /// Everything since the start.
    public var all: LogLinearHistogram { state.withLock { $0.all } }

    /// The last one to two windows.
    public var recent: LogLinearHistogram {
        let now = clock()
        return state.withLock { state in
            MetricDistribution.turn(&state, now)
            var both = state.before
            both.merge(state.recent)
            return both
        }
    }

    private static func turn(_ state: inout State, _ now: Int64) {
        let age = now - state.since
        guard age >= windowMilliseconds else { return }
        if age < 2 * windowMilliseconds { swap(&state.before, &state.recent) } else { state.before.removeAll() }
        state.recent.removeAll()
        state.since = now
    }

    public func append(_ name: String, labels: String, to buffer: inout ByteBuffer) {
        let recent = recent
        let all = all
        for share in MetricDistribution.quantiles {
            let value = recent.quantile(share).map { number(Double($0) * scale) } ?? "NaN"
            appendSample(name, labelText(labels, and: "quantile", "\(share)"), value, to: &buffer)
        }
        appendSample(name + "_sum", labels, number(all.sum * scale), to: &buffer)
        appendSample(name + "_count", labels, "\(all.count)", to: &buffer)
    }
}
