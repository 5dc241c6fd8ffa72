import Failover
import FailoverCore
import JSON
import Platform
import Worker

/// `converge failover plan`: what a move would change. It changes nothing.
enum FailoverPlan: Subcommand {
    static let command = FailoverCommand.command(
        "plan", usage: "--to REGION [--share PERCENT] [--gradual]",
        summary: "Shows what a move, or a gradual return, would change; changes nothing.",
        flags: [
            Flag("to", "REGION", "the Region that gains"),
            Flag("share", "PERCENT", "what it is to have, in steps of 10 (default: 100)"),
            Flag("gradual", nil, "in steps, as 'return' does it"),
            Flag("step", "PERCENT", "with --gradual: percentage points a step (default: 10)"),
        ])

    static func run(_ options: Options) throws -> Int32 {
        guard let region = options["to"] else { throw UsageError("converge failover plan: --to REGION is required") }
        let share = try FailoverMove.share(options)
        let access = try FailoverCommand.access(options, region: region)
        let views = try access.groupViews()
        let wanted = FailoverCommand.desk(access).wanted(region, share: share, views)
        var steps = [wanted]
        if options.isSet("gradual") {
            let plan = ReturnPlan(
                id: "", by: "", region: region, goal: wanted, step: try FailoverReturn.step(options), after: 0)
            steps = plan.steps(from: views.map { GroupShares(group: $0.group, shares: $0.shares) })
        }
        if try FailoverCommand.isJSON(options) {
            writeOutput(
                jsonLine { json in
                    json.key("now")
                    json.array { json in
                        for view in views {
                            view.write(to: &json)
                        }
                    }
                    json.key("steps")
                    json.array { json in
                        for step in steps { json.array { json in for group in step { group.write(to: &json) } } }
                    }
                })
        } else {
            for (number, step) in steps.enumerated() {
                if steps.count > 1 { writeOutput("step \(number + 1)\n") }
                writeOutput(text(step, views))
            }
            let isDone = steps.allSatisfy { step in
                step.allSatisfy { wanted in views.contains { $0.group == wanted.group && $0.shares == wanted.shares } }
            }
            let given = share == 100 ? "" : " --share \(share)"
            writeOutput(
                isDone
                    ? "nothing would change\n"
                    : options.isSet("gradual")
                        ? "nothing was changed; it is begun with: converge failover return --to \(region)\(given)\n"
                        : "nothing was changed; it is done with: converge failover move --to \(region)\(given) --why TEXT\n")
        }
        return 0
    }

    /// What changes, a line a group.
    static func text(_ wanted: [GroupShares], _ views: [GroupView]) -> String {
        var table = Table(header: ["group", "now", "then"])
        for group in wanted {
            let now = views.first { $0.group == group.group }
            table.add(
                tail(group.group), now?.shares.text ?? "unknown", now?.shares == group.shares ? "unchanged" : group.shares.text)
        }
        return table.text
    }
}
