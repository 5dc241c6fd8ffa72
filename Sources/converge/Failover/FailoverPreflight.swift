import AWS
import Failover
import FailoverCore
import JSON
import Platform
import Worker

/// `converge failover preflight`: whether a Region could take the traffic, and what to do where it could not. It changes nothing.
enum FailoverPreflight: Subcommand {
    static let command = FailoverCommand.command(
        "preflight", usage: "[--to REGION] [--thorough] [--strict]",
        summary: "Looks whether a Region could take the traffic; lists what is wrong and what to do about it. Changes nothing.",
        flags: [
            Flag(
                "to", "REGION",
                "the Region that would gain (default: that of the AWS configuration, else the first of the pair)"),
            Flag("thorough", nil, "look at all kinds of resources and count up to 2,000 agents; takes some minutes"),
            Flag("strict", nil, "what nobody could say counts as failed"),
        ],
        notes: """
            It asks Amazon Connect once a second, which is half of what an account may, for half a minute. 'blocks' marks what also holds back moves that nobody
            asked for. Exit codes: 0 all is well or only worth a look, 1 something failed, 2 wrong usage.
            """, readsAll: true)

    static func run(_ options: Options) throws -> Int32 {
        let access = try FailoverCommand.access(options, region: options["to"])
        let plan = access.preflightPlan(options.isSet("thorough") ? .thorough : .brief)
        let isJSON = try FailoverCommand.isJSON(options)
        let items = Preflight(plan, try AWSSession()).run()
        writeOutput(isJSON ? items.map(json).joined() : text(items))
        return PreflightItem.succeed(items, isStrict: options.isSet("strict")) ? 0 : 1
    }

    static func text(_ items: [PreflightItem]) -> String {
        var table = Table(header: ["", "what", "found"])
        for item in items {
            table.add(word(item), item.what, item.found)
            if !item.remedy.isEmpty { table.add("", "", "-> \(item.remedy)") }
        }
        return table.text
    }

    private static func word(_ item: PreflightItem) -> String {
        switch item.state {
        case .ok, .warning, .unknown: item.state.rawValue
        case .failed: item.isBlocking ? "FAILED, blocks" : "FAILED"
        }
    }

    private static func json(_ item: PreflightItem) -> String {
        jsonLine { json in
            json.member("ageMilliseconds", number: item.age.map(String.init) ?? "null")
            json.member("blocks", item.isBlocking)
            json.member("found", item.found)
            json.member("id", item.id)
            json.member("remedy", item.remedy)
            json.member("state", item.state.rawValue)
            json.member("what", item.what)
        }
    }
}
