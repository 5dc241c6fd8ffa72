import Platform

// Figures as `converge top` writes them: short, without locale, a dash for what is not known.

func wholeText(_ value: Double) -> String { value.magnitude < 9e15 ? grouped(Int(value.rounded())) : "-" }

/// One digit behind the point while it matters.
func rateText(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "-" }
    return value == 0 ? "0" : value < 100 ? fixed(value, value < 1 ? 2 : 1) : wholeText(value)
}

/// With its sign.
func changeText(_ value: Double?) -> String {
    guard let value else { return "-" }
    return (value >= 0.5 ? "+" : "") + wholeText(value)
}

func sizeText(_ bytes: Double?) -> String {
    guard let bytes else { return "-" }
    var value = bytes
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024 { return (unit == "B" ? wholeText(value) : fixed(value, 1)) + " " + unit }
        value /= 1024
    }
    return fixed(value, 1) + " TiB"
}

/// Seconds, to two or three digits.
func shortTime(_ seconds: Double) -> String {
    switch seconds {
    case ..<1: fixed(seconds * 1000, seconds < 0.01 ? 1 : 0) + " ms"
    case ..<100: fixed(seconds, 1) + " s"
    default: duration(seconds)
    }
}

/// The two largest units.
func duration(_ seconds: Double) -> String {
    let seconds = Int(min(seconds, 1e12))
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
    case ..<86_400: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    default: return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
    }
}

/// At most so many characters; what is left out is marked.
func cut(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : width < 1 ? "" : String(text.prefix(width - 1)) + "~"
}

/// Broken between words.
func wrapped(_ text: String, _ width: Int) -> [String] {
    text.split(separator: " ").reduce(into: []) { lines, word in
        if let last = lines.last, last.count + 1 + word.count <= width {
            lines[lines.count - 1] = last + " " + word
        } else {
            lines.append(String(word))
        }
    }
}
