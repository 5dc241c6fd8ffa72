import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

@Suite("operations of Route 53", .waiting(minutes: 5))
struct Route53WireTests {
    private static let namespace = #"xmlns="https://route53.amazonaws.com/doc/2013-04-01/""#
    private static func weighted(_ region: String, _ weight: Int, _ more: String = "") -> String {
        "<ResourceRecordSet><Name>api.example.com.</Name><Type>CNAME</Type><SetIdentifier>\(region)</SetIdentifier>"
            + "<Weight>\(weight)</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>\(region).example.com</Value>"
            + "</ResourceRecord></ResourceRecords>\(more)</ResourceRecordSet>"
    }
    private static let list =
        #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n<ListResourceRecordSetsResponse \(namespace)><ResourceRecordSets>"
        + weighted("us-east-1", 100, "<HealthCheckId>h-1</HealthCheckId>") + weighted("us-west-2", 0)
        + "<ResourceRecordSet><Name>b.example.com.</Name><Type>A</Type><TTL>5</TTL><ResourceRecords><ResourceRecord>"
        + "<Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets>"
        + "<IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>"
    private static let alias =
        "<ListResourceRecordSetsResponse \(namespace)><ResourceRecordSets><ResourceRecordSet><Name>api.example.com.</Name>"
        + "<Type>A</Type><SetIdentifier>us-east-1</SetIdentifier><Weight>1</Weight><AliasTarget><HostedZoneId>Z2</HostedZoneId>"
        + "<DNSName>lb.example.com.</DNSName><EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget>"
        + "</ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>"
        + "</ListResourceRecordSetsResponse>"
    private static func change(_ operation: String, _ status: String) -> String {
        "<\(operation)Response \(namespace)><ChangeInfo><Id>/change/C1</Id><Status>\(status)</Status>"
            + "<SubmittedAt>2026-11-30T18:00:00Z</SubmittedAt></ChangeInfo></\(operation)Response>"
    }

    private static func sets() throws -> [Route53.RecordSet] {
        try Route53.ListResourceRecordSets(zone: "Z1", name: "API.example.com", type: "CNAME").output(of: list)
    }

    @Test("requests, responses and errors are those of botocore's model, member by member")
    func model() throws {
        let codes = [
            "NoSuchHostedZone", "NoSuchHealthCheck", "NoSuchChange", "PriorRequestNotComplete", "InvalidChangeBatch",
            "InvalidInput",
        ]
        func upsert(_ region: String, _ weight: Int, _ more: String = "") -> String {
            #"{"Action":"UPSERT","ResourceRecordSet":{"Name":"api.example.com.","Type":"CNAME","SetIdentifier":"\#(region)","#
                + #""Weight":\#(weight),"TTL":60,"ResourceRecords":[{"Value":"\#(region).example.com"}]\#(more)}}"#
        }
        let moved = try Self.sets().compactMap { $0.weighing($0.setIdentifier == "us-west-2" ? 255 : 0) }
        let made = Route53.RecordSet(
            name: "api.example.com.", type: "CNAME", setIdentifier: "us-east-1", weight: 7, ttl: 60,
            value: "us-east-1.example.com")
        let aliases = try Route53.ListResourceRecordSets(zone: "Z1", name: "api.example.com.", type: "A").output(of: Self.alias)
        let alias = try #require(aliases.first?.weighing(9))
        let cases = [
            ModelCase(
                Route53.ListResourceRecordSets(zone: "/hostedzone/Z1", name: "*.example.com", type: "CNAME"),
                #"{"HostedZoneId":"Z1","StartRecordName":"*.example.com","StartRecordType":"CNAME","MaxItems":"100"}"#,
                Self.list,
                Self.alias),
            ModelCase(
                Route53.ChangeResourceRecordSets(zone: "Z1", upsert: moved, comment: "term 7 & <8>"),
                #"{"HostedZoneId":"Z1","ChangeBatch":{"Comment":"term 7 & <8>","Changes":["#
                    + upsert("us-east-1", 0, #","HealthCheckId":"h-1""#) + "," + upsert("us-west-2", 255) + "]}}",
                Self.change("ChangeResourceRecordSets", "PENDING"), codes: codes),
            ModelCase(
                Route53.ChangeResourceRecordSets(zone: "Z1", upsert: [made]),
                #"{"HostedZoneId":"Z1","ChangeBatch":{"Changes":[\#(upsert("us-east-1", 7))]}}"#),
            ModelCase(
                Route53.ChangeResourceRecordSets(zone: "Z1", upsert: [alias]),
                #"{"HostedZoneId":"Z1","ChangeBatch":{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"api.example.com.","#
                    + #""Type":"A","SetIdentifier":"us-east-1","Weight":9,"AliasTarget":{"HostedZoneId":"Z2","#
                    + #""DNSName":"lb.example.com.","EvaluateTargetHealth":true}}}]}}"#),
            ModelCase(Route53.GetChange("/change/C1"), #"{"Id":"C1"}"#, Self.change("GetChange", "INSYNC")),
        ]
        let flaws = try ModelCase.flaws(of: cases)
        #expect(flaws.count == cases.count)
        for (one, flaws) in zip(cases, flaws) { #expect(flaws.isEmpty, "\(one.testDescription)") }
    }

    @Test("the records of one name are read, and nothing of the names behind it")
    func records() throws {
        let sets = try Self.sets()
        #expect(sets.map(\.setIdentifier) == ["us-east-1", "us-west-2"] && sets.map(\.weight) == [100, 0])
        #expect(sets.map(\.ttl) == [60, 60] && sets.map(\.values) == [["us-east-1.example.com"], ["us-west-2.example.com"]])
        #expect(
            sets.map(\.healthCheckID) == ["h-1", nil] && sets.allSatisfy { $0.name == "api.example.com." && $0.type == "CNAME" }
        )
        let operation = Route53.ListResourceRecordSets(zone: "Z1", name: "b.example.com", type: "A")
        let plain = try #require(try operation.output(of: Self.list).first)
        #expect(plain.weight == nil && plain.weighing(1) == nil)
        for body in [
            "", "{}", "<ListResourceRecordSetsResponse/>",
            "<a><ResourceRecordSets><ResourceRecordSet/></ResourceRecordSets></a>",
        ] {
            #expect(throws: UnreadableOutput.self, "\(body)") { try operation.output(of: body) }
        }
    }

    @Test("another weight changes the weight alone")
    func weighing() throws {
        let set = try #require(try Self.sets().first)
        let moved = try #require(set.weighing(0))
        #expect(moved.weight == 0 && moved.xml == set.xml.replacingOccurrences(of: ">100<", with: ">0<"))
        #expect(moved.weighing(100) == set)
    }

    @Test("a change is read with its state")
    func changes() throws {
        let pending = try Route53.ChangeResourceRecordSets(zone: "Z1", upsert: []).output(
            of: Self.change("ChangeResourceRecordSets", "PENDING"))
        #expect(pending.id == "C1" && !pending.isInSync)
        #expect(try Route53.GetChange("C1").output(of: Self.change("GetChange", "INSYNC")).isInSync)
        #expect(throws: UnreadableOutput.self) {
            try Route53.GetChange("C1").output(of: "<GetChangeResponse></GetChangeResponse>")
        }
    }

    @Test(
        "fail in a few ways",
        arguments: [
            ("NoSuchHostedZone", 404, .missing), ("NoSuchChange", 404, .changeUnknown), ("PriorRequestNotComplete", 400, .busy),
            ("InvalidChangeBatch", 400, .invalid), ("InvalidInput", 400, .invalid), ("Throttling", 400, .throttled),
            ("AccessDenied", 403, .denied), ("ServiceUnavailable", 503, .unknown), ("ExpiredToken", 403, .refused),
        ] as [(String, Int, Route53.Failure)])
    func failures(code: String, status: Int, failure: Route53.Failure) {
        #expect(AWSError(Route53.GetChange.self, code, status: status).route53 == failure)
    }

    @Test("errors are read in both forms that the service has")
    func errors() {
        let pool = BufferPool()
        func refusal(_ body: String) -> AWSError.Refusal {
            AWSError.Refusal(HTTPResponse(status: 400, head: pool.bytes(""), body: pool.bytes(body)), .restXML, hiding: [])
        }
        let usual = refusal(
            "<ErrorResponse \(Self.namespace)><Error><Type>Sender</Type><Code>PriorRequestNotComplete</Code><Message>wait"
                + "</Message></Error><RequestId>r-1</RequestId></ErrorResponse>")
        #expect(usual.code == "PriorRequestNotComplete" && usual.message == "wait" && usual.requestID == "r-1")
        let batch = refusal(
            "<InvalidChangeBatch \(Self.namespace)><Messages><Message>a</Message><Message>b</Message></Messages>"
                + "<RequestId>r-2</RequestId></InvalidChangeBatch>")
        #expect(batch.code == "InvalidChangeBatch" && batch.message == "a; b")
        #expect(batch.requestID == "r-2")
    }
}
