import Foundation
import Servers
import Testing

/// For drills: controllers and people's commands on a stub of Connect with three groups, and a control table in a directory.
struct DrillPair {
    static let (east, west) = (TwoRegions.names[0], TwoRegions.names[1])

    let scratch: Scratch
    let connect: ConnectStub
    private let gateway: Gateway
    private let configuration: String

    /// `latency`: of the West's endpoint, milliseconds. `lines`: more of the section `failover`, given the groups' ARNs.
    init(latency: [Int] = [0, 10], lines: ([String]) -> [String] = { _ in [] }) throws {
        scratch = try Scratch()
        connect = try ConnectStub(groups: ["sales", "support"], rate: 100, burst: 100)
        try connect.control("PUT", "latency", [DrillPair.west: latency])
        gateway = try Gateway(connect.ports().map { "\($0.key)=\($0.value)" })
        let groups = try connect.groups().map(\.arn)
        configuration = try scratch.write(
            "converge.yaml",
            """
            http: {port: 0}
            failover:
              mode: automatic
              regions: [\(TwoRegions.names.joined(separator: ", "))]
              instance: \(connect.instance)
              groups: [\(groups.joined(separator: ", "))]
              control: {kind: local}
              without-metrics: true
              without-aws-health: true
              round: 500ms
              dwell: 2s
              verdict-age: 5s

            """ + lines(groups).map { "  \($0)\n" }.joined())
    }

    func start(_ arguments: String..., at region: String = west) throws -> Program {
        try start(arguments[0], arguments: Array(arguments.dropFirst()), at: region)
    }

    func start(_ command: String, arguments: [String], at region: String = west) throws -> Program {
        let environment = [
            "AWS_ENDPOINT_URL": gateway.base, "AWS_REGION": region, "AWS_EC2_METADATA_DISABLED": "true",
        ].merging(Emulator.worker) { $1 }
        return try Program(
            ["failover", command, "--config", configuration] + arguments, in: scratch, environment: environment)
    }

    func controller(_ region: String = west) throws -> Program { try start("run", at: region) }

    /// A controller in each Region, both of which are known to live.
    func controllers() throws -> [Program] {
        let both = try [controller(DrillPair.east), controller(DrillPair.west)]
        try eventually("both controllers live: \(both.map(\.errorsSoFar))") {
            let status = try status()
            return status.alive == Set(TwoRegions.names) && status.term == 1
        }
        return both
    }

    func move() throws -> Program { try start("move", "--to", DrillPair.west, "--why", "a test", "--by", "a person", "--yes") }

    func status() throws -> FailoverWorld.Status {
        let ended = try start("status", "--format", "json").wait()
        return FailoverWorld.Status((try? ended.json()) ?? [:], ended.code)
    }

    func updates() throws -> Int { try connect.groups().map(\.updates).reduce(0, +) }

    /// Telephony's share of the West, group by group.
    func western() throws -> [Int?] { try connect.groups().map { $0.telephony[DrillPair.west] } }
}
