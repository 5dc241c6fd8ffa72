import Failover
import FailoverCore
import Platform
import Worker

/// `converge failover explain`: the report of a term.
enum FailoverExplain: Subcommand {
    static let command = Command(
        "failover explain", usage: "TERM --config FILE [--format table|json|markdown|html]",
        summary: "Shows what became of a term: who, why, how long each phase took, and whether contacts landed.",
        flags: [
            Flag("config", "FILE", "the configuration file (YAML)"),
            Flag(
                "format", "table|json|markdown|html", "output format; html is one page that needs nothing else (default: table)"
            ),
        ] + ConfigurationSchema.failover.flags(of: ["failover"]),
        notes: """
            Of a failover, a person's move, a step of a return and a drill alike. What is not known is said to be, with its reason. The control table holds the newest
            \(ControlView.termsMax) terms for this.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.count == 1, let term = Int64(options.operands[0]), term > 0 else {
            throw UsageError("converge failover explain: give one TERM; 'converge failover history' lists them")
        }
        let format = try options.choice("format", of: ["table", "json", "markdown", "html"]) ?? "table"
        let access = try FailoverCommand.access(options)
        let report = try FailoverCommand.desk(access).report(of: term)
        writeOutput(text(report, format))
        return 0
    }

    static func text(_ report: FailoverReport, _ format: String) -> String {
        switch format {
        case "json": report.json
        case "markdown": report.markdown
        case "html": report.html
        default: table(report)
        }
    }

    private static func table(_ report: FailoverReport) -> String {
        var head = Table()
        for (name, value) in report.summary { head.add(name, value) }
        var phases = Table(header: ["phase", "took", "from (UTC)", "to (UTC)"])
        for phase in report.phaseRows { phases.add(phase[0], phase[1], phase[2], phase[3]) }
        var text = "\(printable(report.title))\n\n\(head.text)\n\(phases.text)\n"
        for (title, lines) in [("signals and words", report.signals), ("rules", report.rules), ("remarks", report.remarks)]
        where !lines.isEmpty {
            text += "\(title):\n" + lines.map { "  \(printable($0))\n" }.joined() + "\n"
        }
        return text
    }
}
