import Platform

/// What a scrape tells, in Prometheus's text format 0.0.4.
///
///     let text = try PrometheusText("converge_events_total{type=\"record\"} 12\n")
///     text.sum("converge_events_total")   // 12
///
/// Cost: linear, with a dictionary of labels for each sample; for looking at, not for millions.
public struct PrometheusText: Sendable {
    public struct Sample: Hashable, Sendable {
        public var labels: [String: String]
        public var value: Double
    }

    private var series: [String: [Sample]] = [:]

    /// The error names the first line that is none.
    public init(_ text: String) throws(PrometheusTextError) {
        for (index, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            var line = SampleLine(rest: line)
            line.skipBlanks()
            guard let first = line.rest.first, first != UInt8(ascii: "#") else { continue }
            guard let (name, sample) = line.read() else {
                throw PrometheusTextError(description: "line \(index + 1) is not a sample in Prometheus text format")
            }
            series[name, default: []].append(sample)
        }
    }

    /// The samples of a name, in their order.
    public subscript(name: String) -> [Sample] { series[name] ?? [] }

    /// The sum over all labels; nil where there is no sample.
    public func sum(_ name: String) -> Double? {
        let samples = self[name]
        return samples.isEmpty ? nil : samples.reduce(0) { $0 + $1.value }
    }

    /// Sums by the value of a label.
    public func sums(_ name: String, by label: String) -> [String: Double] {
        self[name].reduce(into: [:]) { $0[$1.labels[label] ?? "", default: 0] += $1.value }
    }
}

public struct PrometheusTextError: Error, CustomStringConvertible {
    public var description: String
}

/// `name{label="value",..} 12 [timestamp]`
private struct SampleLine {
    var rest: Substring.UTF8View

    mutating func skipBlanks() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Nil where the line is anything else.
    mutating func read() -> (name: String, sample: PrometheusText.Sample)? {
        guard let name = readName(), let labels = readLabels() else { return nil }
        skipBlanks()
        guard let value = readWord().flatMap(PrometheusText.number) else { return nil }
        skipBlanks()
        if !rest.isEmpty {
            guard readWord().flatMap({ Int64($0) }) != nil else { return nil }
            skipBlanks()
        }
        return rest.isEmpty ? (name, PrometheusText.Sample(labels: labels, value: value)) : nil
    }

    private mutating func readName() -> String? {
        let name = rest.prefix { byte in
            byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x3A || byte == UInt8(ascii: "_")
        }
        rest = rest[name.endIndex...]
        return name.isEmpty ? nil : String(Substring(name))
    }

    private mutating func readWord() -> String? {
        let word = rest.prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
        rest = rest[word.endIndex...]
        return word.isEmpty ? nil : String(Substring(word))
    }

    private mutating func readLabels() -> [String: String]? {
        var labels: [String: String] = [:]
        skipBlanks()
        guard take(UInt8(ascii: "{")) else { return labels }
        while true {
            skipBlanks()
            if take(UInt8(ascii: "}")) { return labels }
            guard let name = readName() else { return nil }
            skipBlanks()
            guard take(UInt8(ascii: "=")) else { return nil }
            skipBlanks()
            guard let value = readQuoted() else { return nil }
            labels[name] = value
            skipBlanks()
            if take(UInt8(ascii: ",")) { continue }
            return take(UInt8(ascii: "}")) ? labels : nil
        }
    }

    private mutating func readQuoted() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                switch rest.popFirst() {
                case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
                case let escaped?: text.append(escaped)
                case nil: return nil
                }
            default: text.append(byte)
            }
        }
        return nil
    }
}

extension PrometheusText {
    fileprivate static func number(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "+Inf", "Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}
