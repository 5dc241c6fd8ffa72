/// What a worker does by the second: the samples of the last minute of one process.
///
///     var trend = WorkerTrend()
///     trend.add(first)
///     trend.add(second)
///     trend.rate(\.records)   // records a second between the two
public struct WorkerTrend: Sendable {
    /// How far back ``gain(_:)`` and ``quantile(_:)`` look.
    static let millisecondsMax: Int64 = 60_000
    private static let samplesMax = 1024

    /// In order of time; at most ``samplesMax``, the newest of which is at most ``millisecondsMax`` younger than the second.
    private var samples: [WorkerSample] = []

    public init() {}

    public var latest: WorkerSample? { samples.last }
    private var before: WorkerSample? { samples.count > 1 ? samples[samples.count - 2] : nil }

    /// A worker that was started anew counts from zero: what is known of the one before says nothing of it.
    public mutating func add(_ sample: WorkerSample) {
        if let latest, latest.started != sample.started || (sample.records ?? 0) < (latest.records ?? 0) { samples = [] }
        samples.append(sample)
        // Partitions are compared with the sample before alone, and there may be thousands.
        if samples.count > 2 { samples[samples.count - 3].lanes = [] }
        let tooOld = samples.dropFirst().prefix { sample.milliseconds - $0.milliseconds > WorkerTrend.millisecondsMax }.count
        samples.removeFirst(max(tooOld, samples.count - WorkerTrend.samplesMax))
    }

    /// By the second, between the last two samples. Nil before there are two.
    public func rate(_ figure: (WorkerSample) -> Double?) -> Double? {
        guard let change = change(figure) else { return nil }
        return max(0, change)
    }

    /// As ``rate(_:)``, of what goes up and down.
    public func change(_ figure: (WorkerSample) -> Double?) -> Double? {
        perSecond(before.flatMap(figure), latest.flatMap(figure))
    }

    /// What a counter gained in the last minute, or since there are samples.
    public func gain(_ figure: (WorkerSample) -> Double?) -> Double {
        guard let to = latest.flatMap(figure), let from = samples.first.flatMap(figure) else { return 0 }
        return max(0, to - from)
    }

    /// Of the time from event to durable, over the last minute; where nothing came in it, or there is one sample only, since the
    /// start.
    public func endToEndLag(_ share: Double) -> Double? {
        guard let all = latest?.endToEndLag else { return nil }
        guard samples.count > 1, let first = samples.first?.endToEndLag else { return all.quantile(share) }
        return all.since(first).quantile(share) ?? all.quantile(share)
    }

    /// A partition, with what happens to it by the second.
    public struct Lane: Sendable {
        public var lane: WorkerSample.Lane
        public var lagChange: Double?
        public var rate: Double?
    }

    /// The partitions, worst first: those of unknown lag, then by lag.
    public var lanes: [Lane] {
        let known = Dictionary((before?.lanes ?? []).map { ($0.name, $0) }) { $1 }
        let lanes = (latest?.lanes ?? []).map { lane in
            let rate = perSecond(known[lane.name]?.position, lane.position)
            return Lane(lane: lane, lagChange: perSecond(known[lane.name]?.lag, lane.lag), rate: rate.map { max(0, $0) })
        }
        return lanes.enumerated().sorted { a, b in
            let (x, y) = (a.element.lane.lag ?? .infinity, b.element.lane.lag ?? .infinity)
            return x != y ? x > y : a.offset < b.offset
        }.map(\.element)
    }

    private func perSecond(_ from: Double?, _ to: Double?) -> Double? {
        guard let from, let to, let latest, let before, latest.milliseconds > before.milliseconds else { return nil }
        return (to - from) / Double(latest.milliseconds - before.milliseconds) * 1000
    }
}
