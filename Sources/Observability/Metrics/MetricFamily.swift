import Platform
import Synchronization

/// The series of one name, which differ by the values of their labels.
public final class MetricFamily<Series: MetricSeries>: MetricFamilyText {
    public let name: String
    let help: String
    let type: String
    let labels: [String]
    private let seriesMax: Int
    private let make: @Sendable () -> Series
    private let series = Mutex<[[String]: Series]>([:])

    init(
        _ name: String, _ help: String, _ type: String, _ labels: [String], _ seriesMax: Int,
        _ make: @escaping @Sendable () -> Series
    ) {
        self.name = name
        self.help = help
        self.type = type
        self.labels = labels
        self.seriesMax = seriesMax
        self.make = make
    }

    /// The series of these values, one a label in the order of the registration; missing ones are empty, those too many are left out.
    /// Takes a lock: ask once and keep it. Of a family that is full, the series that all further ones share.
    public func with(_ values: String...) -> Series {
        var values = Array(values.prefix(labels.count))
        values += Array(repeating: "", count: labels.count - values.count)
        return series.withLock { series in
            if let known = series[values] { return known }
            if series.count >= seriesMax { values = Array(repeating: Metrics.overflowLabel, count: labels.count) }
            if let shared = series[values] { return shared }
            let new = make()
            series[values] = new
            return new
        }
    }

    /// Takes a series away, such as that of a partition which is another member's now. Who still holds it may update it unseen.
    public func remove(_ values: String...) {
        _ = series.withLock { $0.removeValue(forKey: values) }
    }

    func append(to buffer: inout ByteBuffer) {
        let all = series.withLock { $0.sorted { $0.key.lexicographicallyPrecedes($1.key) } }
        for (values, series) in all { series.append(name, labels: labelText(labels, values), to: &buffer) }
    }
}

/// A family as the text of a scrape needs it.
protocol MetricFamilyText: Sendable {
    var name: String { get }
    var help: String { get }
    var type: String { get }
    func append(to buffer: inout ByteBuffer)
}

/// What a family holds: a counter, a gauge, a histogram or a distribution.
public protocol MetricSeries: AnyObject, Sendable {
    /// `labels`: what stands between the braces.
    func append(_ name: String, labels: String, to buffer: inout ByteBuffer)
}

// MARK: The text format

/// `a="b",c="d"`
func labelText(_ names: [String], _ values: [String]) -> String {
    zip(names, values).map { "\($0)=\"\(escapedLabel($1))\"" }.joined(separator: ",")
}

private func escapedLabel(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { out, scalar in
        switch scalar {
        case "\\": out += "\\\\"
        case "\"": out += "\\\""
        case "\n": out += "\\n"
        default: out.unicodeScalars.append(scalar)
        }
    }
}

func escapedHelp(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { out, scalar in
        switch scalar {
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        default: out.unicodeScalars.append(scalar)
        }
    }
}

/// As the format writes numbers: whole ones without a fraction.
package func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value.magnitude < 1e15 && value.rounded() == value ? "\(Int(value))" : "\(value)"
}

func appendSample(_ name: String, _ labels: String, _ value: String, to buffer: inout ByteBuffer) {
    buffer.append(name)
    if !labels.isEmpty { buffer.append("{\(labels)}") }
    buffer.append(" \(value)\n")
}

/// Labels with one more.
func labelText(_ labels: String, and name: String, _ value: String) -> String {
    (labels.isEmpty ? "" : labels + ",") + "\(name)=\"\(value)\""
}
