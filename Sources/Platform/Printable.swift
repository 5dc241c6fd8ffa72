/// Text from an event as it may be shown on a terminal: control characters, which could move its cursor or break a line, as
/// `\u001B`.
public func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
    return text.unicodeScalars.reduce(into: "") { shown, scalar in
        guard scalar.properties.generalCategory == .control else { return shown.unicodeScalars.append(scalar) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
