import Platform
import Synchronization

/// The counters of one name, which differ by the values of their labels.
public final class MetricCounters: MetricFamily {
    let name: String
    let help: String
    let type = "counter"
    private let labels: [String]
    private let seriesMax: Int
    private let series = Mutex<[[String]: MetricCounter]>([:])

    init(_ name: String, _ help: String, _ labels: [String], _ seriesMax: Int) {
        self.name = name
        self.help = help
        self.labels = labels
        self.seriesMax = seriesMax
    }

    /// The counter of these values, one a label in the order of the registration; missing ones are empty, those too many are left out.
    /// Takes a lock: ask once and keep it. Where there are too many, the one that all further values share.
    public func with(_ values: String...) -> MetricCounter {
        var values = Array(values.prefix(labels.count))
        values += Array(repeating: "", count: labels.count - values.count)
        return series.withLock { series in
            if let known = series[values] { return known }
            if series.count >= seriesMax { values = Array(repeating: Metrics.overflowLabel, count: labels.count) }
            if let shared = series[values] { return shared }
            let new = MetricCounter()
            series[values] = new
            return new
        }
    }

    func append(to buffer: inout ByteBuffer) {
        let all = series.withLock { $0.sorted { $0.key.lexicographicallyPrecedes($1.key) } }
        for (values, counter) in all { appendSample(name, labelText(labels, values), "\(counter.value)", to: &buffer) }
    }
}
