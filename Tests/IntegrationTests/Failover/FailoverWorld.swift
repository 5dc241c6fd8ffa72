import Foundation
import Servers
import Testing

/// Two Regions with all that failover looks at and acts on: an emulator each and replication between them, Connect with telephony that feeds both streams,
/// and the control table, one emulator's table behind a link for each Region.
///
/// The control table is reached as that of a third Region, us-east-2: so that of what the two Regions have none is in its way.
final class FailoverWorld {
    static let (east, west) = (TwoRegions.names[0], TwoRegions.names[1])
    static let controlRegion = "us-east-2"
    private static let prefix = "converge"

    /// What is configured besides what every deployment has to.
    struct Thresholds {
        /// Lines of the section `failover`.
        let lines: [String]

        static let standard = Thresholds(lines: [])
        /// Where nothing but waiting is saved.
        static let short = Thresholds(lines: ["round: 500ms", "dwell: 2s", "verdict-age: 5s"])
        /// Where many alarms follow each other, on a busy machine, too: its controllers are to be heard.
        static let alarms = Thresholds(lines: ["round: 500ms", "dwell: 5s", "verdict-age: 15s", "moves-per-day: 9"])
    }

    let scratch: Scratch
    let regions: TwoRegions
    let connect: ConnectStub
    let links: Links
    private let strong: StrongTable
    private let gateways: [String: (services: Gateway, connect: Gateway)]
    private let configuration: String

    /// `groups`: besides the default one.
    init(agents: Int, _ thresholds: Thresholds, groups: [String] = []) throws {
        scratch = try Scratch()
        regions = try TwoRegions(prefixes: [FailoverWorld.prefix], lag: 0.1...1)
        strong = try StrongTable(before: regions.emulators[1])
        let names = TwoRegions.names
        connect = try ConnectStub(
            groups: groups, users: agents, streams: zip(names, regions.emulators).map { .init($0, of: $1, "events") })
        links = try Links()
        let (emulators, links, connect, strong) = (regions.emulators, links, connect, strong)
        gateways = try Dictionary(
            uniqueKeysWithValues: names.map { name in
                var ports = Dictionary(uniqueKeysWithValues: zip(names, emulators.map(\.port)))
                ports[FailoverWorld.controlRegion] = strong.port
                return try (
                    name,
                    (
                        services: links.gateway(name, to: "services", ports),
                        connect: links.gateway(name, to: "connect", connect.ports())
                    )
                )
            })
        configuration = try scratch.write(
            "converge.yaml",
            """
            source: {kind: kinesis}
            kinesis: {streams: [events], topology: local}
            store: {kind: dynamodb, prefix: \(FailoverWorld.prefix)}
            http: {port: 0}
            failover:
              mode: automatic
              regions: [\(names.joined(separator: ", "))]
              instance: \(connect.instance)
              groups: [\(try connect.groups().map(\.arn).joined(separator: ", "))]
              control: {regions: [\(FailoverWorld.controlRegion)]}
              without-metrics: true
              without-aws-health: true
              word-file: \(scratch.path("words"))

            """ + thresholds.lines.map { "  \($0)\n" }.joined())
    }

    /// Makes what a person makes once: tables, streams, the control table.
    func make() throws {
        for region in TwoRegions.names {
            let ended = try Program(
                ["tables", "create", "--prefix", FailoverWorld.prefix], in: scratch, environment: regions.environment(region)
            ).wait()
            try #require(ended.code == 0, "\(ended.text)\(ended.errors)")
        }
        try Script.run("feed.py", ["stream", "--stream", "events"] + TwoRegions.names, regions.environment)
        var environment = regions.environment
        environment["AWS_ENDPOINT_URL"] = strong.base
        let made = try Program(
            ["failover", "table", "create", "--regions", TwoRegions.names.joined(separator: ",")], in: scratch,
            environment: environment
        ).wait()
        try #require(made.code == 0, "\(made.text)\(made.errors)")
        try eventually("the tables are global ones") { try regions.link.tables().count >= 8 }
    }

    /// What a program in a Region needs.
    private func environment(_ region: String) throws -> [String: String] {
        let gateway = try #require(gateways[region])
        return regions.environment(region).merging([
            "AWS_ENDPOINT_URL": gateway.services.base, "AWS_ENDPOINT_URL_CONNECT": gateway.connect.base,
        ]) { $1 }
    }

    /// What shows a Region's state and watches over nothing.
    func served(_ region: String, _ flags: String...) throws -> Served {
        try Served(["--config", configuration] + flags, in: scratch, environment: environment(region))
    }

    /// A worker with a controller beside it. `more`: of its environment.
    func worker(_ region: String, _ more: [String: String] = [:]) throws -> KafkaWorker {
        try KafkaWorker(flags: ["--config", configuration], environment(region).merging(more) { $1 }, in: scratch)
    }

    /// A controller alone.
    func controller(_ region: String) throws -> Program {
        try Program(["failover", "run", "--config", configuration], in: scratch, environment: environment(region))
    }

    /// A command of a person who sits in a Region.
    func command(_ arguments: String..., at region: String, _ more: [String: String] = [:]) throws -> Ended {
        try Program(
            ["failover"] + arguments.prefix(1) + ["--config", configuration] + arguments.dropFirst(), in: scratch,
            environment: environment(region).merging(more) { $1 }
        ).wait()
    }

    /// What a command tells that only reads, as JSON: on a busy machine the control table may not answer it in time, and a person asks again.
    func told(_ arguments: String..., at region: String) throws -> Ended {
        var ended: Ended?
        try eventually("\(arguments) is answered: \(ended?.errors ?? "")") {
            let arguments = arguments.prefix(1) + ["--config", configuration] + arguments.dropFirst() + ["--format", "json"]
            let told = try Program(["failover"] + arguments, in: scratch, environment: environment(region)).wait()
            ended = told
            return told.code == 0
        }
        return try #require(ended)
    }

    // MARK: What happens to a Region

    /// Connect, telephony and replication of the Region stop; what is left is to kill who runs there.
    func lose(_ region: String) throws {
        try connect.set(region, isAlive: false)
        try connect.set(region, .hang)
        for name in TwoRegions.names { try links.set("\(name)>services/\(region)", .cut) }
        try regions.link.cut()
    }

    func restore(_ region: String) throws {
        for name in TwoRegions.names { try links.set("\(name)>services/\(region)", .up) }
        try regions.link.heal()
        try connect.set(region, .up)
        try connect.set(region, isAlive: true)
    }

    /// A person beside the controllers says that a Region does not serve.
    func word(on region: String, _ why: String) throws {
        try scratch.write("words", "\(region) unhealthy \(ISO8601DateFormatter().string(from: Date())) \(why)\n")
    }

    // MARK: What can be seen

    /// Agents that the tables of a Region know.
    func agentsKnown(in region: String) throws -> Int {
        let shown = try scratch.converge(
            "show", "agent", "--state", "dynamodb:\(FailoverWorld.prefix)", "--format", "json",
            environment: regions.environment(region))
        return shown.text.split(separator: "\n").count
    }

    func figures(_ region: String) throws -> ConnectStub.RegionFigures { try #require(try connect.figures()[region]) }

    /// As `failover status` tells it.
    func status(at region: String) throws -> Status {
        var status: Status?
        try eventually("failover status reads the control table: \(status?.description ?? "")") {
            let ended = try command("status", "--format", "json", at: region)
            let json = (try? ended.json()) ?? [:]
            status = Status(json, ended.code)
            return json["controlError"] == nil || json["controlError"] is NSNull
        }
        return try #require(status)
    }

    struct Status: CustomStringConvertible {
        let code: Int32
        let term: Int
        let cause: String
        let state: String
        let plan: String
        let planEvidence: String
        /// Regions of which a controller's counter grew while this was looked at.
        let alive: Set<String>
        /// What these say of the other Region.
        let outlooks: [String]
        let description: String

        init(_ json: [String: Any], _ code: Int32) {
            self.code = code
            description = "\(json)"
            let control = json["control"] as? [String: Any] ?? [:]
            let newest = control["newest"] as? [String: Any] ?? [:]
            term = newest["term"] as? Int ?? 0
            cause = newest["cause"] as? String ?? ""
            state = control["state"] as? String ?? ""
            let plan = control["plan"] as? [String: Any] ?? [:]
            self.plan = plan["state"] as? String ?? ""
            planEvidence = plan["evidence"] as? String ?? ""
            let verdicts = control["verdicts"] as? [[String: Any]] ?? []
            let living = verdicts.filter { $0["isAlive"] as? Bool == true }
            alive = Set(living.compactMap { $0["region"] as? String })
            outlooks = living.compactMap { $0["outlook"] as? String }
        }
    }

    /// A line of the history.
    struct Entry {
        let kind: String
        let term: Int
        let author: String
        /// Seconds since 1970.
        let at: Double
        let lines: [String]
    }

    /// The oldest first.
    func history(at region: String = west) throws -> [Entry] {
        let ended = try told("history", at: region)
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return try ended.text.split(separator: "\n").map { line in
            let json = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let at = json["at"] as? String ?? ""
            return Entry(
                kind: json["kind"] as? String ?? "", term: json["term"] as? Int ?? 0, author: json["author"] as? String ?? "",
                at: (format.date(from: at) ?? ISO8601DateFormatter().date(from: at))?.timeIntervalSince1970 ?? 0,
                lines: json["lines"] as? [String] ?? [])
        }
    }

    /// What telephony is to do in each Region, percent, as Connect has it.
    func shares() throws -> [String: Int] { try #require(try connect.groups().first).telephony }

    /// Both Regions' controllers live, and so many rounds of both have passed.
    func rounds(_ count: Int, at region: String = west) throws {
        var seen = 0
        // Each look sees every counter that grew.
        try eventually("\(count) rounds of both Regions' controllers", every: 0.1) {
            seen += try status(at: region).alive == Set(TwoRegions.names) ? 1 : 0
            return seen >= count
        }
    }
}
