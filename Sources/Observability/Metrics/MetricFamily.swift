import Platform

/// What stands under one name, as the text of a scrape needs it.
protocol MetricFamily: Sendable {
    var name: String { get }
    var help: String { get }
    var type: String { get }
    func append(to buffer: inout ByteBuffer)
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
