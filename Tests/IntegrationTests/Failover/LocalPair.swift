import Foundation
import Servers
import Testing

/// Controllers and people's commands of one Region on a stub of Connect with three groups, and a control table in a directory.
struct LocalPair {
    static let (east, west) = (TwoRegions.names[0], TwoRegions.names[1])

    let scratch: Scratch
    let connect: ConnectStub
    private let gateway: Gateway
    /// A file, of workers, too.
    let configuration: String

    init() throws {
        scratch = try Scratch()
        connect = try ConnectStub(groups: ["sales", "support"], rate: 100, burst: 100)
        // A move takes a while, so that it can be interrupted.
        try connect.control("PUT", "latency", [LocalPair.west: [200, 400]])
        gateway = try Gateway(connect.ports().map { "\($0.key)=\($0.value)" })
        configuration = try scratch.write(
            "converge.yaml",
            """
            http: {port: 0}
            failover:
              mode: automatic
              regions: [\(TwoRegions.names.joined(separator: ", "))]
              instance: \(connect.instance)
              groups: [\(try connect.groups().map(\.arn).joined(separator: ", "))]
              control: {kind: local}
              without-metrics: true
              without-aws-health: true
              round: 500ms
              dwell: 2s
              verdict-age: 5s

            """)
    }

    func start(_ arguments: String..., at region: String = west, _ more: [String: String] = [:]) throws -> Program {
        try start(all: arguments, at: region, more)
    }

    func start(all arguments: [String], at region: String = west, _ more: [String: String] = [:]) throws -> Program {
        return try Program(
            ["failover"] + arguments.prefix(1) + ["--config", configuration] + arguments.dropFirst(), in: scratch,
            environment: environment(at: region).merging(more) { $1 })
    }

    func environment(at region: String) -> [String: String] {
        ["AWS_ENDPOINT_URL": gateway.base, "AWS_REGION": region, "AWS_EC2_METADATA_DISABLED": "true"]
            .merging(Emulator.worker) { $1 }
    }

    /// `more`: of its environment.
    func controller(_ region: String = west, _ more: [String: String] = [:]) throws -> Program {
        try start("run", at: region, more)
    }

    func move() throws -> Program { try start("move", "--to", LocalPair.west, "--why", "a test", "--by", "a person", "--yes") }

    /// A controller of each Region, once they live and have adopted what is in force.
    func both(_ more: [String: String] = [:]) throws -> (east: Program, west: Program) {
        let (east, west) = (try controller(LocalPair.east, more), try controller(LocalPair.west, more))
        try eventually("both controllers live: \(east.errorsSoFar); \(west.errorsSoFar)") {
            let status = try status()
            return status.term == 1 && status.alive == [LocalPair.east, LocalPair.west]
        }
        return (east, west)
    }

    /// Stops programs, none of them while it holds the control table's lock.
    func suspend(_ programs: [Program]) {
        let file = open(scratch.path("converge-failover/lock"), O_RDWR)
        flock(file, LOCK_EX)
        for program in programs { kill(program.pid, SIGSTOP) }
        close(file)
    }

    /// A group is being updated, or is not any more.
    func set(_ group: String, isUpdating: Bool) throws {
        try connect.control("PUT", "group", ["group": group, "status": isUpdating ? "UPDATE_IN_PROGRESS" : "ACTIVE"])
    }

    func status() throws -> FailoverWorld.Status {
        let ended = try start("status", "--format", "json").wait()
        return FailoverWorld.Status((try? ended.json()) ?? [:], ended.code)
    }

    func updates() throws -> Int { try connect.groups().map(\.updates).reduce(0, +) }

    /// Telephony's share of the West, group by group.
    func western() throws -> [Int?] { try connect.groups().map { $0.telephony[LocalPair.west] } }
}
