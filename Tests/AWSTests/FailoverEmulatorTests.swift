import Servers
import TestSupport
import Testing

@testable import AWS
@testable import JSON
@testable import Platform

/// What failover asks of AWS, asked of the emulator where it knows the service. It knows neither Connect nor routing controls nor AWS Health.
@Suite("operations of failover against the emulator", .waiting(minutes: 5))
struct FailoverEmulatorTests {
    private func session(_ emulator: Emulator, _ scratch: Scratch) throws -> AWSSession {
        try AWSSession(scratch.environment(emulator.environment()))
    }

    @Test("Route 53: weights of a name are read, moved in one batch, and read back")
    func weights() throws {
        let (emulator, scratch) = (try Emulator(), try Scratch())
        let client = try session(emulator, scratch).client(.route53)
        let made = try client.perform(
            "CreateHostedZone",
            Array(
                ("<CreateHostedZoneRequest xmlns=\"\(Route53.namespace)\"><Name>example.com</Name>"
                    + "<CallerReference>1</CallerReference></CreateHostedZoneRequest>").utf8),
            RequestLine(.post, "\(Route53.path)/hostedzone"))
        let zone = try #require(
            made.body.withBytes { XMLElement(document: $0)?.child("HostedZone")?.text("Id") })
        func sets(_ name: String = "api.example.com") throws -> [Route53.RecordSet] {
            try client.perform(Route53.ListResourceRecordSets(zone: zone, name: name, type: "CNAME"))
        }
        #expect(try sets().isEmpty)
        let regions: [(String, UInt8)] = [("us-east-1", 255), ("us-west-2", 0)]
        let records = ["api.example.com", "apj.example.com"].flatMap { name in
            regions.map {
                Route53.RecordSet(
                    name: name, type: "CNAME", setIdentifier: $0.0, weight: $0.1, ttl: 60, value: "\($0.0).example.com")
            }
        }
        _ = try client.perform(Route53.ChangeResourceRecordSets(zone: zone, upsert: records))
        #expect(try sets().map(\.weight) == [255, 0])
        let moved = try sets().compactMap { $0.weighing($0.setIdentifier == "us-west-2" ? 255 : 0) }
        let change = try client.perform(Route53.ChangeResourceRecordSets(zone: zone, upsert: moved, comment: "term 7"))
        try eventually("the change is in force") { try client.perform(Route53.GetChange(change.id)).isInSync }
        let found = try sets()
        #expect(found.map(\.setIdentifier) == ["us-east-1", "us-west-2"] && found.map(\.weight) == [0, 255])
        #expect(found.map(\.values) == [["us-east-1.example.com"], ["us-west-2.example.com"]])
        #expect(try sets("apj.example.com").map(\.weight) == [255, 0])

        let missing = #expect(throws: AWSError.self) {
            try client.perform(Route53.ListResourceRecordSets(zone: "ZNOWHERE", name: "a", type: "A"))
        }
        #expect(missing?.route53 == .missing, "\(String(describing: missing))")
        let unknown = #expect(throws: AWSError.self) { try client.perform(Route53.GetChange("CNOWHERE")) }
        #expect(unknown?.route53 == .changeUnknown, "\(String(describing: unknown))")
    }

    @Test("CloudWatch: datapoints are read where there are some, and none where there are none, in one request and a Region")
    func metrics() throws {
        let (emulator, scratch) = (try Emulator(), try Scratch())
        let session = try session(emulator, scratch)
        let client = try session.client(.cloudWatch, region: "us-west-2")
        let now = Timestamp(milliseconds: Timestamp.now.milliseconds / 60_000 * 60_000)
        _ = try client.perform(
            "PutMetricData",
            JSONWriter.body { json in
                json.member("Namespace", "Own/Connect")
                json.array("MetricData") { json in
                    for (minute, value) in [(5, 3), (5, 4), (3, 0)] {
                        json.object { json in
                            json.member("MetricName", "CallsPerInterval")
                            json.seconds("Timestamp", milliseconds: now.milliseconds - Int64(minute) * 60_000)
                            json.member("Value", value)
                            json.array("Dimensions") { json in
                                json.object { json in
                                    json.member("Name", "InstanceId")
                                    json.member("Value", "i")
                                }
                            }
                        }
                    }
                }
            })
        func query(_ instance: String) -> CloudWatch.GetMetricData.Query {
            .init(namespace: "Own/Connect", metric: "CallsPerInterval", dimensions: ["InstanceId": instance], statistic: "Sum")
        }
        let get = CloudWatch.GetMetricData(
            [query("other"), query("i")], from: Timestamp(milliseconds: now.milliseconds - 600_000),
            to: Timestamp(milliseconds: now.milliseconds + 60_000))
        let series = try client.perform(get).series
        #expect(series.map(\.points.count) == [0, 2])
        #expect(series.last?.points.map(\.value) == [7, 0])
        #expect(series.last?.points.first?.time == Timestamp(milliseconds: now.milliseconds - 300_000))
        #expect(try session.client(.cloudWatch, region: "us-east-1").perform(get).series.allSatisfy { $0.points.isEmpty })
    }

    @Test("EventBridge and SNS take notices; a topic that is not there is an error")
    func notices() throws {
        let (emulator, scratch) = (try Emulator(), try Scratch())
        let session = try session(emulator, scratch)
        let outcomes = try session.client(.eventBridge).perform(
            EventBridge.PutEvents([
                .init(source: "converge.failover", detailType: "Failover Moved", detail: #"{"term":7}"#),
                .init(bus: "default", source: "converge.failover", detailType: "Failover Moved", detail: "{}"),
            ]))
        for outcome in outcomes {
            guard case .put(let id) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(!id.isEmpty)
        }
        let sns = try session.client(.sns)
        var form = QueryForm()
        form.append("Name", "ops")
        let made = try sns.perform("CreateTopic", form.bytes)
        let topic = try #require(made.body.withBytes { XMLText.element("TopicArn", in: $0) })
        #expect(try !sns.perform(SNS.Publish(topic: topic, message: "moved", subject: "Traffic moved")).isEmpty)
        let missing = #expect(throws: AWSError.self) { try sns.perform(SNS.Publish(topic: topic + "x", message: "moved")) }
        #expect(missing?.refusal?.status == 404 && missing?.description.contains("topic \(topic)x") == true)
    }

    @Test("who is asking is known, and what it may is simulated")
    func permissions() throws {
        let (emulator, scratch) = (try Emulator(), try Scratch())
        let iam = try session(emulator, scratch).client(.iam)
        var form = QueryForm()
        form.append("UserName", "controller")
        _ = try iam.perform("CreateUser", form.bytes)
        let key = try iam.perform("CreateAccessKey", form.bytes)
        form.append("PolicyName", "failover")
        form.append(
            "PolicyDocument",
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":"connect:Get*"},"#
                + #"{"Effect":"Deny","Resource":"*","Action":"sns:Publish"}]}"#)
        _ = try iam.perform("PutUserPolicy", form.bytes)
        let (id, secret) = key.body.withBytes {
            (XMLText.element("AccessKeyId", in: $0), XMLText.element("SecretAccessKey", in: $0))
        }
        var variables = emulator.environment()
        variables["AWS_ACCESS_KEY_ID"] = id
        variables["AWS_SECRET_ACCESS_KEY"] = secret
        let user = try AWSSession(scratch.environment(variables))
        let caller = try user.client(.sts).perform(STS.GetCallerIdentity())
        #expect(caller.arn.hasSuffix(":user/controller") && caller.policySource == caller.arn && !caller.account.isEmpty)
        let actions = ["connect:GetTrafficDistribution", "connect:UpdateTrafficDistribution", "sns:Publish"]
        let output = try iam.perform(IAM.SimulatePrincipalPolicy(principal: caller.policySource, actions: actions))
        #expect(output.decisions.map(\.action) == actions && output.marker == nil)
        #expect(output.decisions.map(\.isAllowed) == [true, false, false])
        #expect(output.decisions.map(\.isDeniedExplicitly) == [false, false, true])
    }
}
