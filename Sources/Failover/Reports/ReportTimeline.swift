import FailoverCore

/// Pictures of a report, as SVG that stands in its page. Each says in words what it shows; the tables beside it have the figures.
struct ReportTimeline {
    private let report: FailoverReport
    /// Of what is drawn, in milliseconds since 1970.
    private let from: Int64
    private let to: Int64

    private static let (width, left, right, top, row) = (960.0, 210.0, 20.0, 34.0, 34.0)

    init(_ report: FailoverReport) {
        self.report = report
        let times = report.phases.flatMap { [$0.from?.at, $0.to?.at] }.compactMap { $0 }.filter {
            // What lies more than a day away is a clock that is off, and would make everything else invisible.
            abs($0 / 1000 - report.intent.proposedAt / 1000) <= 86_400
        }
        from = times.min() ?? report.intent.proposedAt
        to = max(times.max() ?? from, from + 1_000)
    }

    // MARK: Phases

    var svg: String {
        let height = ReportTimeline.top + ReportTimeline.row * Double(report.phases.count) + 8
        var out = """
            <svg viewBox="0 0 960 \(ReportTimeline.text(height))" role="img" aria-labelledby="phases-title phases-text">
            <title id="phases-title">The phases over time</title>
            <desc id="phases-text">\(words.html)</desc>

            """
        for tick in ticks {
            let x = ReportTimeline.text(position(from + tick))
            out += """
                <line x1="\(x)" y1="24" x2="\(x)" y2="\(ReportTimeline.text(height))"/>
                <text class="faint" x="\(x)" y="16" text-anchor="middle">+\(ReportTimeline.label(tick))</text>

                """
        }
        for (index, phase) in report.phases.enumerated() {
            out += bar(phase, ReportTimeline.top + ReportTimeline.row * Double(index))
        }
        return out + "</svg>"
    }

    private func bar(_ phase: ReportPhase, _ y: Double) -> String {
        let (middle, edge) = (ReportTimeline.text(y + 18), ReportTimeline.text(y + 4))
        let name = "<text x=\"0\" y=\"\(middle)\">\(ReportText.name(phase.name))</text>\n"
        guard let start = phase.from?.at, let end = phase.to?.at, phase.took.isKnown else {
            return name
                + "<text class=\"no\" x=\"\(ReportTimeline.text(ReportTimeline.left))\" y=\"\(middle)\">\(ReportText.took(phase.took).html)</text>\n"
        }
        let (x, last) = (position(min(start, end)), position(max(start, end)))
        let width = max(3, last - x)
        // The figure stands behind the bar where there is room, else before it.
        let isBefore = x + width > 720
        let at = isBefore ? x - 6 : x + width + 6
        return name + """
            <rect class="\(start <= end ? "bar" : "other")" x="\(ReportTimeline.text(x))" y="\(edge)" width="\(ReportTimeline.text(width))" height="20" rx="2"/>
            <text x="\(ReportTimeline.text(at))" y="\(middle)" text-anchor="\(isBefore ? "end" : "start")">\(ReportText.took(phase.took).html)</text>

            """
    }

    private var words: String {
        report.phases.map { "\(ReportText.name($0.name)): \(ReportText.took($0.took))" }.joined(separator: ". ") + "."
    }

    private func position(_ time: Int64) -> Double {
        let share = Double(min(max(time, from), to) - from) / Double(to - from)
        return ReportTimeline.left + share * (ReportTimeline.width - ReportTimeline.left - ReportTimeline.right)
    }

    /// Milliseconds after `from`, seven at most.
    private var ticks: [Int64] {
        let steps: [Int64] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800]
        let step = 1_000 * (steps.first { (to - from) / ($0 * 1_000) < 7 } ?? 28_800)
        return (0...(to - from) / step).map { $0 * step }
    }

    private static func label(_ milliseconds: Int64) -> String {
        switch milliseconds / 1_000 {
        case let seconds where seconds >= 3_600 && seconds % 3_600 == 0: "\(seconds / 3_600) h"
        case let seconds where seconds >= 60 && seconds % 60 == 0: "\(seconds / 60) min"
        case let seconds: "\(seconds) s"
        }
    }

    /// With one digit behind the point.
    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    // MARK: Contacts by minute

    /// Bars of both Regions side by side, the losing one first, and a line where the change was begun.
    static func contacts(_ landing: Landing) -> String {
        let minutes = landing.minutes
        let most = minutes.map { max($0.gaining, $0.losing) }.max() ?? 0
        let step = (width - 60) / Double(max(1, minutes.count))
        func height(_ count: Int) -> Double { 120 * Double(count) / Double(max(1, most)) }
        var bars = ""
        for (index, minute) in minutes.enumerated() {
            let x = 40 + step * Double(index)
            for (count, kind, offset) in [(minute.losing, "other", 0.0), (minute.gaining, "bar", 0.5)] where count > 0 {
                bars +=
                    "<rect class=\"\(kind)\" x=\"\(text(x + step * offset))\" y=\"\(text(150 - height(count)))\" width=\"\(text(max(0.5, step * 0.45)))\" height=\"\(text(height(count)))\"/>\n"
            }
        }
        let began = minutes.first.map { 40 + step * Double(landing.began - $0.start) / 60_000 } ?? 40
        let (gaining, losing) = (landing.gaining.html, landing.losing.html)
        return """
            <svg viewBox="0 0 960 190" role="img" aria-labelledby="contacts-title contacts-text">
            <title id="contacts-title">Contacts that started, by minute and Region</title>
            <desc id="contacts-text">\(minutes.count) minutes. The most in one minute: \(most). The table below has each.</desc>
            <line x1="40" y1="150" x2="940" y2="150"/>
            <text class="faint" x="34" y="36" text-anchor="end">\(most)</text>
            \(bars)<line x1="\(text(began))" y1="14" x2="\(text(began))" y2="150" stroke-dasharray="4 3"/>
            <text class="faint" x="\(text(min(began + 5, 820)))" y="24">change begun</text>
            <rect class="other" x="40" y="166" width="12" height="12"/><text x="58" y="177">\(losing)</text>
            <rect class="bar" x="240" y="166" width="12" height="12"/><text x="258" y="177">\(gaining)</text>
            </svg>
            """
    }
}
