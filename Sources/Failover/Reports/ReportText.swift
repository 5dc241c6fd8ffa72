import FailoverCore
import Platform

/// How a report's figures are spelled, the same in every format.
enum ReportText {
    /// `850 ms`, `12.4 s`, `2 min 05 s`, `1 h 03 min`.
    static func duration(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1_000: "\(milliseconds) ms"
        case ..<60_000: "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
        case ..<3_600_000: "\(milliseconds / 60_000) min \(two(milliseconds / 1_000 % 60)) s"
        default: "\(milliseconds / 3_600_000) h \(two(milliseconds / 60_000 % 60)) min"
        }
    }

    private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    static func took(_ took: ReportPhase.Took) -> String {
        switch took {
        case .milliseconds(let milliseconds): duration(milliseconds)
        case .earlier(let milliseconds): "done \(duration(milliseconds)) before the phase before it"
        case .unknown(let why): "not known: \(why)"
        }
    }

    static func time(_ milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).description }

    /// `18:04:07.250`, in UTC.
    static func clock(_ milliseconds: Int64) -> String { String(time(milliseconds).dropFirst(11).dropLast()) }

    static func name(_ phase: ReportPhase.Name) -> String {
        switch phase {
        case .detect: "detect"
        case .decide: "decide"
        case .act: "act"
        case .landing: "first contact"
        case .agentsHalf: "half of the agents"
        case .agentsMost: "nine tenths of the agents"
        }
    }

    static func explanation(_ phase: ReportPhase.Name) -> String {
        switch phase {
        case .detect: "last sign of life to suspected"
        case .decide: "suspected to committed"
        case .act: "committed to all groups showing it"
        case .landing: "all groups showing it to the first contact there"
        case .agentsHalf, .agentsMost: "all groups showing it to agents available there"
        }
    }

    static func title(_ report: FailoverReport) -> String {
        let what =
            switch report.kind {
            case .failover: "failover"
            case .move: "a person's move"
            case .drill: "drill"
            case .stepBack: "a step of a return"
            case .adoption: "what was found in force"
            }
        return "Term \(report.intent.term): \(what)" + (report.gaining.map { " to \($0)" } ?? "")
    }

    static func shares(_ shares: Shares?) -> String { shares.map(\.text) ?? "not known" }

    /// Text from outside as it may stand in a report: what moves a cursor, breaks a line or turns the direction of writing is spelled out.
    static func shown(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            guard isHidden(scalar) else { return shown.unicodeScalars.append(scalar) }
            let digits = String(scalar.value, radix: 16, uppercase: true)
            shown += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
