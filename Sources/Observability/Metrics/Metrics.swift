import Platform
import Synchronization

/// The figures of a process, as Prometheus scrapes them.
///
///     let metrics = Metrics()
///     let errors = try metrics.counters("converge_store_errors_total", "Calls of the store that failed.", labels: ["call"])
///     let writes = errors.with("write")   // once, and kept
///     writes.add()                        // one atomic addition
///
/// Registering and scraping take a lock, updates of counters none. Names end in `_total` (counters), `_seconds`,
/// `_bytes` and so on, by Prometheus's conventions.
public final class Metrics: Sendable {
    /// Most series of one family; what comes after shares one whose labels are ``overflowLabel``.
    public static let seriesMaxStandard = 4096
    public static let overflowLabel = "other"

    private let families = Mutex<[String: any MetricFamily]>([:])

    public init() {}

    /// Counters that differ by the values of these labels.
    public func counters(
        _ name: String, _ help: String, labels: [String], seriesMax: Int = seriesMaxStandard
    ) throws(MetricsError) -> MetricCounters {
        guard name.hasSuffix("_total") else { throw MetricsError("\(name): the name of a counter must end in _total") }
        let counters = MetricCounters(name, help, labels, seriesMax)
        try insert(counters, labels)
        return counters
    }

    /// Figures that somebody else keeps and that are asked for at each scrape. A name that ends in `_total` is a counter, any other a
    /// gauge. `read` is called from the thread that scrapes.
    public func observe(
        _ name: String, _ help: String, labels: [String] = [], _ read: @escaping @Sendable () -> [MetricReading]
    ) throws(MetricsError) {
        let type = name.hasSuffix("_total") ? "counter" : "gauge"
        try insert(ObservedMetric(name: name, help: help, type: type, labels: labels, read: read), labels)
    }

    /// A histogram that somebody else keeps. `bounds`: ends of its steps, in ascending order; `scale`: what one counted unit is worth in the
    /// unit of the name, 0.001 where milliseconds are counted for `_seconds`.
    public func observe(
        _ name: String, _ help: String, bounds: [Int64], scale: Double, _ read: @escaping @Sendable () -> Histogram
    ) throws(MetricsError) {
        guard !bounds.isEmpty, bounds.count <= 256, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw MetricsError("\(name): the bounds must be 1 to 256 numbers in ascending order")
        }
        try insert(ObservedHistogram(name: name, help: help, bounds: bounds, scale: scale, read: read), [])
    }

    /// Everything in Prometheus's text format 0.0.4: families by name, series by their labels.
    public func text() -> [UInt8] {
        let all = families.withLock { $0.values.sorted { $0.name < $1.name } }
        var buffer = ByteBuffer(capacity: 16_384)
        for family in all {
            buffer.append("# HELP \(family.name) ")
            buffer.append(escapedHelp(family.help))
            buffer.append("\n# TYPE \(family.name) \(family.type)\n")
            family.append(to: &buffer)
        }
        return buffer.array
    }

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private func insert(_ family: any MetricFamily, _ labels: [String]) throws(MetricsError) {
        try Metrics.check(family.name, family.help, labels)
        let isNew = families.withLock { families in
            guard families[family.name] == nil else { return false }
            families[family.name] = family
            return true
        }
        guard isNew else { throw MetricsError("\(family.name): a metric of this name exists already") }
    }

    private static func check(_ name: String, _ help: String, _ labels: [String]) throws(MetricsError) {
        guard isName(name, colons: true) else {
            throw MetricsError("'\(name)' is not a valid metric name: [a-zA-Z_:][a-zA-Z0-9_:]*")
        }
        guard !help.isEmpty else { throw MetricsError("\(name): the help text must be one sentence") }
        for label in labels {
            guard isName(label, colons: false), !label.hasPrefix("__"), label != "le", label != "quantile" else {
                throw MetricsError(
                    "\(name): '\(label)' is not a valid label name: [a-zA-Z_][a-zA-Z0-9_]*, and not le or quantile")
            }
        }
        guard Set(labels).count == labels.count else { throw MetricsError("\(name): a label is repeated") }
    }

    private static func isName(_ name: String, colons: Bool) -> Bool {
        guard let first = name.utf8.first, first < 0x30 || first > 0x39 else { return false }
        return name.utf8.allSatisfy { byte in
            byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == UInt8(ascii: "_")
                || colons && byte == UInt8(ascii: ":")
        }
    }
}

/// A mistake in how a metric is registered.
public struct MetricsError: Error, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}

/// One value of a figure that somebody else keeps.
public struct MetricReading: Sendable {
    /// One a label, in the order of the registration.
    public var labels: [String]
    public var value: Double

    public init(_ value: Double, labels: [String] = []) {
        self.labels = labels
        self.value = value
    }
}

/// A histogram that is asked for when it is scraped.
private struct ObservedHistogram: MetricFamily {
    let name: String
    let help: String
    let type = "histogram"
    let bounds: [Int64]
    let scale: Double
    let read: @Sendable () -> Histogram

    func append(to buffer: inout ByteBuffer) {
        let histogram = read()
        for bound in bounds {
            let below = labelText(["le"], [number(Double(bound) * scale)])
            appendSample(name + "_bucket", below, "\(histogram.count(upTo: bound))", to: &buffer)
        }
        appendSample(name + "_bucket", labelText(["le"], ["+Inf"]), "\(histogram.count)", to: &buffer)
        appendSample(name + "_sum", "", number(histogram.sum * scale), to: &buffer)
        appendSample(name + "_count", "", "\(histogram.count)", to: &buffer)
    }
}

/// A figure that is asked for when it is scraped.
private struct ObservedMetric: MetricFamily {
    var name: String
    var help: String
    var type: String
    var labels: [String]
    var read: @Sendable () -> [MetricReading]

    func append(to buffer: inout ByteBuffer) {
        for reading in read() {
            appendSample(name, labelText(labels, reading.labels), number(reading.value), to: &buffer)
        }
    }
}
