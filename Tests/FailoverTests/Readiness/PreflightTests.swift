import FailoverCore
import Foundation
import Platform
import Servers
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import Failover

/// Amazon Connect is the stub; STS, IAM, CloudWatch and DynamoDB are the emulator; Service Quotas nobody emulates, and a preflight says so.
@Suite("preflight against a stub of Connect and an emulator of the rest", .waiting(minutes: 5))
struct PreflightTests {
    private static let west = "us-west-2"
    private static let east = "us-east-1"
    private static let bounds = PreflightPlan.Bounds(
        kinds: ["QUEUE", "PROMPT"], userPagesMax: 40, paceMilliseconds: 0, deadlineMilliseconds: 110_000,
        requestMilliseconds: 50_000)

    private struct Rig {
        let stub: ConnectStub
        let emulator: Emulator
        var variables: [String: String]

        init() throws {
            stub = try ConnectStub(rate: 10_000, burst: 10_000)
            emulator = try Emulator()
            variables = emulator.environment(region: PreflightTests.west)
            variables["AWS_ENDPOINT_URL_CONNECT"] = stub.endpoints[PreflightTests.west]
            variables["AWS_CONFIG_FILE"] = "/dev/null"
            variables["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
        }

        func session() throws -> AWSSession { try AWSSession(Environment(variables)) }

        func plan(bounds: PreflightPlan.Bounds = PreflightTests.bounds) throws -> PreflightPlan {
            PreflightPlan(
                target: PreflightTests.west, peer: PreflightTests.east, instance: stub.instance,
                groups: try stub.groups().map(\.arn),
                table: .init(name: "control", regions: [PreflightTests.west, PreflightTests.east], verifiesConsistency: false),
                signals: SignalSettings(), actuators: ActuatorSettings(), bounds: bounds)
        }

        func makeTable(_ region: String) throws {
            let client = try session().client(.dynamoDB, region: region)
            _ = try client.perform(DynamoDB.CreateTable("control", [.keys(partition: "pk", sort: "sk"), .onDemand]))
        }

        func run(bounds: PreflightPlan.Bounds = PreflightTests.bounds, sights: Preflight.Sights = .init()) throws -> [String:
            PreflightItem]
        {
            let items = Preflight(try plan(bounds: bounds), try session(), sights: sights).run()
            return Dictionary(items.map { ($0.id, $0) }) { first, _ in first }
        }
    }

    @Test("a pair that is well is found well; a replica of the table that is not there fails; what nobody emulates is unknown")
    func well() throws {
        let rig = try Rig()
        try rig.makeTable(Self.west)
        let items = try rig.run()
        let group = try #require(try rig.stub.groups().first).arn.split(separator: "/").last.map(String.init) ?? ""
        for id in [
            "instance", "replication", "drift", "group/\(group)", "default-group", "agents", "clock",
            "control-table/\(Self.west)",
        ] {
            #expect(items[id]?.state == .ok, "\(id): \(String(describing: items[id]))")
        }
        #expect(
            items["control-table/\(Self.east)"]?.state == .failed, "\(String(describing: items["control-table/us-east-1"]))")
        #expect(items["agents"]?.found == "200 of 200 users are associated")
        #expect(items["quotas"]?.state == .unknown, "\(String(describing: items["quotas"]))")
        #expect(items["contact"]?.state == .failed, "\(String(describing: items["contact"]))")
        #expect(items.values.allSatisfy { !$0.isBlocking })
    }

    @Test("an endpoint that hangs leaves its items unknown, and the others are judged all the same")
    func hangs() throws {
        let rig = try Rig()
        try rig.makeTable(Self.west)
        try rig.stub.set(Self.west, .hang)
        // What hangs is given up soon. What does not may take longer than that on a machine that is busy: then it is asked for once more.
        var bounds = Self.bounds
        bounds.requestMilliseconds = 4_000
        var items: [String: PreflightItem] = [:]
        try eventually("those that answer are judged: \(items)") {
            items = try rig.run(bounds: bounds)
            for id in ["instance", "replication", "drift", "default-group", "agents"] {
                #expect(items[id]?.state == .unknown, "\(id): \(String(describing: items[id]))")
            }
            #expect(PreflightItem.blockers(Array(items.values)).isEmpty)
            return items["clock"]?.state == .ok && items["control-table/\(Self.west)"]?.state == .ok
        }
    }

    @Test("agents who are not associated, and a copy that is not whole, block; differences are told")
    func blocks() throws {
        let rig = try Rig()
        try rig.stub.control("PUT", "pair", ["members": ["default": [String]()]] as [String: Any])
        try rig.stub.control("PUT", "pair", ["replication": [Self.west: "INSTANCE_REPLICATION_IN_PROGRESS"]])
        try rig.stub.control("PUT", "pair", ["drift": ["QUEUE": [Self.west: 3]]])
        let items = try rig.run()
        #expect(items["drift"]?.found.contains("3 of QUEUE") == true && items["drift"]?.isBlocking == false)
        #expect(
            PreflightItem.blockers(items.values.sorted { $0.id < $1.id }) == [
                "preflight agents: no user is associated",
                "preflight replication: us-west-2 is INSTANCE_REPLICATION_IN_PROGRESS",
            ])
    }

    @Test("permissions of the principal are simulated, action by action")
    func permissions() throws {
        var rig = try Rig()
        let iam = try rig.session().client(.iam)
        var form = QueryForm()
        form.append("UserName", "controller")
        _ = try iam.perform("CreateUser", form.bytes)
        let key = try iam.perform("CreateAccessKey", form.bytes)
        form.append("PolicyName", "failover")
        form.append(
            "PolicyDocument",
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":"*"},"#
                + #"{"Effect":"Deny","Resource":"*","Action":"connect:UpdateTrafficDistribution"}]}"#)
        _ = try iam.perform("PutUserPolicy", form.bytes)
        let (id, secret) = key.body.withBytes {
            (XMLText.element("AccessKeyId", in: $0), XMLText.element("SecretAccessKey", in: $0))
        }
        rig.variables["AWS_ACCESS_KEY_ID"] = id
        rig.variables["AWS_SECRET_ACCESS_KEY"] = secret
        let item = try #require(try rig.run()["permissions"])
        #expect(item.state == .failed && item.found.contains("refused: connect:UpdateTrafficDistribution"), "\(item)")
        #expect(!item.isBlocking && item.remedy.contains("connect:UpdateTrafficDistribution on arn:aws:connect:"))
    }

    @Test("every action that operations of failover need is in the one list, with resources of both Regions")
    func actions() throws {
        let rig = try Rig()
        var plan = try rig.plan()
        plan.state = ["converge-agent", "converge-volume"]
        plan.actuators.activeRegionTable = "rows"
        plan.actuators.route53Records = ["Z1/a.example.com/CNAME"]
        plan.actuators.routingControls = ["\(Self.west)=arn:aws:route53-recovery-control::1:controlpanel/a/routingcontrol/b"]
        plan.actuators.eventBus = "default"
        plan.actuators.topic = "arn:aws:sns:us-west-2:1:ops"
        let entries = FailoverActions(plan).entries
        let actions = Set(entries.flatMap(\.actions))
        let needed: [any AWSOperation.Type] = [
            Connect.DescribeInstance.self, Connect.DescribeTrafficDistributionGroup.self, Connect.GetTrafficDistribution.self,
            Connect.UpdateTrafficDistribution.self, Connect.ListTrafficDistributionGroupUsers.self, Connect.CountUsers.self,
            Connect.ListReplicationFindings.self, Connect.ListRoutingProfiles.self, Connect.GetCurrentMetricData.self,
            ServiceQuotas.ListServiceQuotas.self, DynamoDB.PutItem.self, DynamoDB.Query.self, DynamoDB.UpdateItem<String>.self,
            DynamoDB.DeleteItem.self, DynamoDB.DescribeTable.self, RoutingControl.GetRoutingControlState.self,
            RoutingControl.UpdateRoutingControlStates.self, Route53.ChangeResourceRecordSets.self,
            Route53.ListResourceRecordSets.self, Route53.GetChange.self, EventBridge.PutEvents.self,
            EventBridge.DescribeEventBus.self, SNS.Publish.self, SNS.GetTopicAttributes.self, CloudWatch.GetMetricData.self,
            Health.DescribeEvents.self, DynamoDB.Scan.self, DynamoDB.GetItem<String>.self,
        ]
        for operation in needed {
            #expect(actions.contains("\(operation.service.permissionPrefix):\(operation.name)"), "\(operation)")
        }
        #expect(actions.count == needed.count)
        let account = rig.stub.account
        #expect(
            entries.contains {
                $0.resources == [Self.west, Self.east].map { "arn:aws:connect:\($0):\(account):instance/\(rig.stub.instance)" }
            })
    }

    @Test(
        "capacity: agents who are not told of are unknown, and a forecast that is given is held against a quota that is not known"
    )
    func capacity() throws {
        let rig = try Rig()
        func report(_ calls: Int?) throws -> CapacityReport {
            Preflight(try rig.plan(), try rig.session()).capacity(calls: calls)
        }
        let before = try report(10)
        #expect(before.agentsOnline == nil && before.callsForecast == 10 && before.verdict == .unknown)
        #expect(!before.remarks.isEmpty)
        try rig.stub.control("PUT", "pair", ["metrics": ["AGENTS_ONLINE": 12, "AGENTS_AVAILABLE": 0]])
        let after = try report(nil)
        #expect(after.agentsOnline == 12 && after.agentsAvailable == 0 && after.contactsInQueue == nil)
        #expect(after.callsForecast == nil && after.verdict == .unknown)
    }

    @Test("a watch tells what blocks after each run, and nothing once it is stopped")
    func watch() throws {
        let runs = Mutex(0)
        let told = Mutex<[[String]]>([])
        let watch = PreflightWatch(pace: { 1 }) {
            let run = runs.withLock { count in
                count += 1
                return count
            }
            return [PreflightItem("a", "a", run == 1 ? .failed : .ok, "broken", isBlocking: true)]
        } tell: { blockers in
            told.withLock { $0.append(blockers) }
        }
        #expect(watch.last.at == nil && watch.start())
        try eventually("two runs are told") { told.withLock { $0.count >= 2 } }
        watch.stop()
        #expect(told.withLock { Array($0.prefix(2)) } == [["preflight a: broken"], []])
        #expect(watch.last.at != nil && watch.last.items.first?.state == .ok)
    }
}
