public import Platform
import Synchronization

/// The figures of a process, as Prometheus scrapes them.
///
///     let metrics = Metrics()
///     let events = try metrics.counters("converge_events_total", "Events merged, by type.", labels: ["type"])
///     let calls = events.with("contact-event")   // once, and kept
///     calls.add(512)                             // once a batch: one atomic addition
///
/// Registering and scraping take a lock, updates of counters, gauges and histograms none. Names end in `_total` (counters), `_seconds`,
/// `_bytes` and so on, by Prometheus's conventions.
public final class Metrics: Sendable {
    /// Most series of one family; what comes after shares one whose labels are ``overflowLabel``.
    public static let seriesMaxStandard = 4096
    public static let overflowLabel = "other"

    private let families = Mutex<[String: any MetricFamilyText]>([:])

    public init() {}

    /// Counters that differ by the values of these labels. `scale` is what one counted unit is worth in the unit of the name: 1e-9 where
    /// nanoseconds are added to `_seconds_total`.
    public func counters(
        _ name: String, _ help: String, labels: [String], scale: Double = 1, seriesMax: Int = seriesMaxStandard
    ) throws(MetricsError) -> MetricFamily<MetricCounter> {
        guard name.hasSuffix("_total") else { throw MetricsError("\(name): the name of a counter must end in _total") }
        return try add(MetricFamily(name, help, "counter", labels, seriesMax) { MetricCounter(scale: scale) })
    }

    /// A counter without labels; see ``counters(_:_:labels:scale:seriesMax:)``.
    public func counter(_ name: String, _ help: String, scale: Double = 1) throws(MetricsError) -> MetricCounter {
        try counters(name, help, labels: [], scale: scale).with()
    }

    /// Values that go up and down.
    public func gauges(
        _ name: String, _ help: String, labels: [String], seriesMax: Int = seriesMaxStandard
    ) throws(MetricsError) -> MetricFamily<MetricGauge> {
        try add(MetricFamily(name, help, "gauge", labels, seriesMax) { MetricGauge() })
    }

    public func gauge(_ name: String, _ help: String) throws(MetricsError) -> MetricGauge {
        try gauges(name, help, labels: []).with()
    }

    /// How often values fell below each of `bounds`, which ascend and are finite.
    public func histograms(
        _ name: String, _ help: String, labels: [String], bounds: [Double], seriesMax: Int = seriesMaxStandard
    ) throws(MetricsError) -> MetricFamily<MetricHistogram> {
        guard !bounds.isEmpty, bounds.count <= 256, bounds.allSatisfy(\.isFinite),
            zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw MetricsError("\(name): the bounds must be 1 to 256 finite numbers in ascending order") }
        return try add(MetricFamily(name, help, "histogram", labels, seriesMax) { MetricHistogram(bounds: bounds) })
    }

    public func histogram(_ name: String, _ help: String, bounds: [Double]) throws(MetricsError) -> MetricHistogram {
        try histograms(name, help, labels: [], bounds: bounds).with()
    }

    /// Quantiles of the values of the last one to two minutes; see ``MetricDistribution``. `scale` is what one unit of the recorded
    /// whole numbers is worth in the unit of the name: 1e-6 where microseconds are recorded for `_seconds`.
    public func distributions(
        _ name: String, _ help: String, labels: [String], scale: Double, valueMax: Int = 3_600_000_000,
        seriesMax: Int = 256, clock: @escaping @Sendable () -> Int64 = monotonicMilliseconds
    ) throws(MetricsError) -> MetricFamily<MetricDistribution> {
        try add(
            MetricFamily(name, help, "summary", labels, seriesMax) {
                MetricDistribution(scale: scale, valueMax: valueMax, clock: clock)
            })
    }

    public func distribution(
        _ name: String, _ help: String, scale: Double, valueMax: Int = 3_600_000_000,
        clock: @escaping @Sendable () -> Int64 = monotonicMilliseconds
    ) throws(MetricsError) -> MetricDistribution {
        try distributions(name, help, labels: [], scale: scale, valueMax: valueMax, clock: clock).with()
    }

    /// Figures that somebody else keeps and that are asked for at each scrape. A name that ends in `_total` is a counter, any other a
    /// gauge. `read` is called from the thread that scrapes.
    public func observe(
        _ name: String, _ help: String, labels: [String] = [], _ read: @escaping @Sendable () -> [MetricReading]
    ) throws(MetricsError) {
        let type = name.hasSuffix("_total") ? "counter" : "gauge"
        try Metrics.check(name, help, labels)
        try insert(ObservedMetric(name: name, help: help, type: type, labels: labels, read: read))
    }

    /// A histogram that somebody else keeps. `exponents`: the powers of two that are its bounds; `scale`: what one counted unit is worth in
    /// the unit of the name, 0.001 where milliseconds are counted for `_seconds`.
    public func observe(
        _ name: String, _ help: String, exponents: ClosedRange<Int>, scale: Double,
        _ read: @escaping @Sendable () -> Log2Histogram
    ) throws(MetricsError) {
        try Metrics.check(name, help, [])
        guard exponents.lowerBound >= 0, exponents.upperBound < 63 else {
            throw MetricsError("\(name): the bounds must be 2 to the power of 0 to 62")
        }
        try insert(ObservedHistogram(name: name, help: help, exponents: exponents, scale: scale, read: read))
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

    private func add<Series>(_ family: MetricFamily<Series>) throws(MetricsError) -> MetricFamily<Series> {
        try Metrics.check(family.name, family.help, family.labels)
        try insert(family)
        return family
    }

    private func insert(_ family: any MetricFamilyText) throws(MetricsError) {
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
private struct ObservedHistogram: MetricFamilyText {
    let name: String
    let help: String
    let type = "histogram"
    let exponents: ClosedRange<Int>
    let scale: Double
    let read: @Sendable () -> Log2Histogram

    func append(to buffer: inout ByteBuffer) {
        let histogram = read()
        var counts = histogram.counts[exponents].map { UInt64($0) }
        counts[0] += histogram.counts[..<exponents.lowerBound].reduce(0) { $0 + UInt64($1) }
        counts.append(histogram.counts[(exponents.upperBound + 1)...].reduce(0) { $0 + UInt64($1) })
        let bounds = exponents.map { Double(1 << $0) * scale }
        appendHistogram(name, "", bounds, counts, sum: histogram.sum * scale, to: &buffer)
    }
}

/// A figure that is asked for when it is scraped.
private struct ObservedMetric: MetricFamilyText {
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
