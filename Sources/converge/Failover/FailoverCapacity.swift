import AWS
import Failover
import FailoverCore
import JSON
import Platform
import Worker

/// `converge failover capacity`: whether a Region could take all calls. It changes nothing.
enum FailoverCapacity: Subcommand {
    static let command = FailoverCommand.command(
        "capacity", usage: "[--to REGION] [--calls N] [--strict]",
        summary:
            "Holds a Region's quota of concurrent calls and its agents against the load that is to be expected. Changes nothing.",
        flags: [
            Flag(
                "to", "REGION",
                "the Region that would gain (default: that of the AWS configuration, else the first of the pair)"),
            Flag(
                "calls", "N", "calls at a time to expect (default: the greatest hour of the last week, both Regions together)"),
            Flag("strict", nil, "what nobody could say counts as failed"),
        ],
        notes: "Exit codes: 0 it fits, or nobody could say, 1 it does not fit, 2 wrong usage.", readsAll: true)

    static func run(_ options: Options) throws -> Int32 {
        let calls = try options.integer("calls", in: 0...1_000_000)
        let access = try FailoverCommand.access(options, region: options["to"])
        let isJSON = try FailoverCommand.isJSON(options)
        let report = Preflight(access.preflightPlan(.brief), try AWSSession()).capacity(calls: calls)
        writeOutput(isJSON ? json(report, access.region) : text(report, access.region))
        switch report.verdict {
        case .fits: return 0
        case .doesNotFit: return 1
        case .unknown: return options.isSet("strict") ? 1 : 0
        }
    }

    static func text(_ report: CapacityReport, _ region: String) -> String {
        func figure(_ value: Int?) -> String { value.map(grouped) ?? "unknown" }
        var table = Table(header: ["of \(region)", "now"], rightAligned: [1])
        table.add("agents online", figure(report.agentsOnline))
        table.add("agents available", figure(report.agentsAvailable))
        table.add("contacts in queue", figure(report.contactsInQueue))
        table.add("quota of calls at a time", figure(report.callsQuota))
        table.add("calls at a time to expect", figure(report.callsForecast))
        let source = report.forecastSource.isEmpty ? "" : " (\(report.forecastSource))"
        let remarks = report.remarks.map { "\(printable($0))\n" }.joined()
        return "\(table.text)\(remarks)\(report.verdict.rawValue): \(printable(report.sentence + source))\n"
    }

    private static func json(_ report: CapacityReport, _ region: String) -> String {
        func number(_ value: Int?) -> String { value.map(String.init) ?? "null" }
        return jsonLine { json in
            json.member("agentsAvailable", number: number(report.agentsAvailable))
            json.member("agentsOnline", number: number(report.agentsOnline))
            json.member("callsForecast", number: number(report.callsForecast))
            json.member("callsQuota", number: number(report.callsQuota))
            json.member("contactsInQueue", number: number(report.contactsInQueue))
            json.member("forecastSource", report.forecastSource)
            json.member("region", region)
            json.array("remarks") { json in for remark in report.remarks { json.string(remark) } }
            json.member("sentence", report.sentence)
            json.member("verdict", report.verdict.rawValue)
        }
    }
}
