/// How much a line matters.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    public var name: String { "\(self)" }

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }

    public init?(name: String) {
        guard let level = LogLevel.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }
}

/// How lines look.
public enum LogFormat: String, Sendable {
    /// One JSON object a line.
    case json
    /// For people.
    case text
    /// One JSON object a line, with the names that AWS Lambda goes by (`timestamp`, `level` as `WARN`), and the fields beside them.
    case lambda
}
