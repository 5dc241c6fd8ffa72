import Failover
import FailoverCore
import JSON
import Platform
import Worker

/// `converge failover return`: a gradual return, step by step, a gate before each.
enum FailoverReturn: Subcommand {
    static let command = FailoverCommand.command(
        "return", usage: "--to REGION [--share PERCENT] | --stop",
        summary: "Begins a gradual return to a Region, or stops one.",
        flags: [
            Flag("to", "REGION", "the Region that gains; its controllers make the steps"),
            Flag("share", "PERCENT", "where it ends, in steps of 10 (default: 50)"),
            Flag("step", "PERCENT", "percentage points a step (default: 10)"),
            Flag("hold", "DURATION", "how long the gates have to hold before each step (default: 5m)"),
            Flag("stop", nil, "halt a running return where it is"), FailoverCommand.by,
        ],
        notes: """
            The gates of a step: the Region serves as far as its signals tell, replication is not behind, groups are as intended, nobody holds it. A bad gate halts the
            return; it never goes on by itself. Beginning one acknowledges the last move.
            """)

    static func run(_ options: Options) throws -> Int32 {
        let isJSON = try FailoverCommand.isJSON(options)
        if options.isSet("stop") {
            let access = try FailoverCommand.access(options)
            return try stop(access, person: FailoverCommand.person(options), isJSON: isJSON)
        }
        guard let region = options["to"] else { throw UsageError("converge failover return: give --to REGION, or --stop") }
        let share = options["share"] == nil ? 50 : try FailoverMove.share(options)
        let step = try step(options)
        let hold = try options.duration("hold") ?? 300_000
        let access = try FailoverCommand.access(options, region: region)
        let person = try FailoverCommand.person(options)
        let (plan, steps) = try FailoverCommand.desk(access).beginReturn(
            to: region, share: share, step: step, hold: hold, by: person)
        writeOutput(
            isJSON
                ? jsonLine { json in
                    json.member("plan", plan.id)
                    json.member("steps", steps)
                } : "begun: \(steps) steps; watch it with 'converge failover status'\n")
        return 0
    }

    private static func stop(_ access: FailoverAccess, person: String, isJSON: Bool) throws -> Int32 {
        let plan = try FailoverCommand.desk(access).haltReturn(by: person)
        writeOutput(isJSON ? jsonLine { $0.member("halted", plan.id) } : "halted where it is\n")
        return 0
    }

    static func step(_ options: Options) throws -> Int {
        let step = try options.integer("step", in: 10...100) ?? 10
        guard step % 10 == 0 else { throw UsageError("--step: \(step) is not accepted; give 10 to 100 in steps of 10") }
        return step
    }
}
