import FailoverCore
import Observability
import Platform
import TestSupport
import Testing

@testable import Worker

@Suite("a controller beside a worker, and alone", .limited)
struct FailoverServiceTests {
    private static let group = "arn:aws:connect:us-east-1:111122223333:traffic-distribution-group/1a2b"

    private func settings(_ lines: String) throws -> FailoverSettings {
        let yaml = """
            failover:
              regions: [us-east-1, us-west-2]
              instance: 0a1e6f86
              groups: [\(Self.group), \(Self.group)3c]
              control: {regions: [us-east-1, us-east-2, us-west-2]}
            \(lines)

            """
        let schema = ConfigurationSchema.failover
        let options = try Options([], for: Command("run", usage: "", summary: "", flags: schema.flags))
        let configuration = try Configuration.load(
            schema, file: Configuration.File(path: "c.yaml", bytes: Array(yaml.utf8)), environment: [:], options: options)
        return try #require(try FailoverSettings(configuration))
    }

    @Test("the tables of the state are those of store.kind dynamodb; without them a controller alone has none")
    func tables() throws {
        #expect(try settings("").tables == nil)
        #expect(try settings("store: {kind: memory}").tables == nil)
        #expect(
            try settings("store: {kind: dynamodb, prefix: x}\nengine.heartbeat-write-interval: 30s").tables
                == FailoverSettings.Tables(prefix: "x", heartbeatMilliseconds: 30_000))
    }

    @Test("names and routing controls follow the first group, or one of the groups that is named; any other is refused")
    func followed() throws {
        #expect(try settings("").actuators.group == Self.group)
        #expect(try settings("failover.actuators.group: \(Self.group)3c").actuators.group == Self.group + "3c")
        let error = #expect(throws: ConfigurationError.self) { try settings("failover.actuators.group: \(Self.group)9") }
        #expect(error?.problems.count == 1 && error?.problems.first?.contains("is none of failover.groups") == true)
    }

    @Test("a controller that has read nothing is not ready; a worker tells it and is ready all the same")
    func checks() {
        var controller = FailoverController(
            .init(region: "us-west-2", peer: "us-east-1", id: "a"), FailoverPolicy(), seed: 1)
        func checks(_ now: Int64) -> [HealthReport.Check] { FailoverService.checks(controller.status(now: now)) }
        #expect(checks(0).map(\.name) == ["failover.control-table", "failover.groups"])
        #expect(checks(0).allSatisfy { !$0.isHealthy && $0.detail == "not read yet" })
        #expect(!HealthReport(checks(0)).isHealthy)
        let beside = FailoverService.beside(checks(0))
        #expect(HealthReport(beside).isHealthy && beside.allSatisfy { !$0.isHealthy && $0.isBeside })
        while let step = controller.next(now: 1_000_000, wall: 0) {
            switch step {
            case .control(.read): controller.take(.control(ControlView()), now: 1_000_000)
            case .readGroups: controller.take(.groups([]), now: 1_000_000)
            default: controller.take(.done, now: 1_000_000)
            }
        }
        #expect(checks(1_000_000).allSatisfy { $0.isHealthy })
        // Groups are read seldom, the control table is not.
        #expect(checks(1_150_000).map(\.isHealthy) == [false, true])
        #expect(checks(1_190_000).map(\.isHealthy) == [false, false])
    }
}
