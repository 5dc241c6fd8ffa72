import FailoverCore

extension FailoverReport {
    /// `Term 7: failover to us-west-2`
    package var title: String { ReportText.title(self) }

    /// What is most wanted of it, as names and values.
    package var summary: [(name: String, value: String)] {
        var rows = [
            ("lost to landed", ReportText.took(recovery)), ("facts lost at most", ReportText.took(lostAtMost)),
            ("wanted by", "\(intent.author) (\(intent.cause.rawValue))"), ("at", ReportText.time(intent.proposedAt)),
        ]
        if let sequel { rows.append(("ended by", "term \(sequel.term), \(ReportText.time(sequel.proposedAt))")) }
        rows += changes.map { ("moved", "\($0.group): \(ReportText.shares($0.before)) -> \($0.after.text)") }
        return rows
    }

    /// By phase: its name, what it took, and its ends with the clocks that tell them.
    package var phaseRows: [[String]] {
        phases.map { phase in
            [ReportText.name(phase.name), ReportText.took(phase.took)]
                + [phase.from, phase.to].map { moment in
                    moment.map { "\(ReportText.clock($0.at)) (\($0.clock))" } ?? "-"
                }
        }
    }
}
