import AWS
import Failover
import FailoverCore
import HTTPClient
import Platform
import Servers
import TestSupport
import Testing

@Suite("what CloudWatch and AWS Health say", .waiting(minutes: 5))
struct ReportingSourcesTests {
    private func client(_ service: AWSService, _ endpoint: HTTPURL, region: String = "us-east-1") throws -> ServiceClient {
        let session = try AWSSession(
            Environment([
                "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            ]))
        // Who answers may take its time; only who hangs is not waited for.
        let limit = Duration.milliseconds(endpoint.path == "/hang" ? 1_500 : 30_000)
        return try session.client(
            service, region: region, endpoint: endpoint, retry: ConnectAPISource.retry,
            timeouts: HTTPTimeouts(connect: limit, firstByte: limit, idle: limit, total: limit))
    }

    private func said(_ status: Int, _ body: String) throws -> HTTPURL {
        var url = try LoopbackServer.url("/say/\(status)")
        url.appendQuery("body", body)
        return url
    }

    // MARK: - CloudWatch

    private func put(
        _ metrics: [(metric: String, group: String, flow: String?, value: Int)], at seconds: Int64, _ client: ServiceClient
    ) throws {
        let data = metrics.map { entry in
            let flow = entry.flow.map { #",{"Name":"ContactFlowName","Value":"\#($0)"}"# } ?? ""
            return
                #"{"MetricName":"\#(entry.metric)","Timestamp":\#(seconds),"Value":\#(entry.value),"Dimensions":[{"Name":"InstanceId","Value":"i"},{"Name":"MetricGroup","Value":"\#(entry.group)"}\#(flow)]}"#
        }
        _ = try client.perform(
            "PutMetricData", Array(#"{"Namespace":"AWS/Connect","MetricData":[\#(data.joined(separator: ","))]}"#.utf8))
    }

    @Test("the figures of a Region's calls are read from that Region's CloudWatch alone, flow by flow")
    func metrics() throws {
        let emulator = try Emulator()
        let url: HTTPURL = try #require(HTTPURL(emulator.base))
        let client = try client(.cloudWatch, url)
        let minute = Timestamp.now.milliseconds / 60_000 * 60
        func source(_ region: String = "us-east-1", flows: [String] = ["main", "other"]) throws -> MetricsSource {
            try MetricsSource(
                self.client(.cloudWatch, url, region: region), instance: "i", flows: flows, counts: .init(),
                wall: { minute * 1_000 + 5_000 })
        }
        #expect(try source().look(now: 0).signals.map(\.state) == [.unknown])
        try put(
            [
                ("CallsPerInterval", "VoiceCalls", nil, 20), ("ThrottledCalls", "VoiceCalls", nil, 2),
                ("CallsBreachingConcurrencyQuota", "VoiceCalls", nil, 1),
            ], at: minute - 120, client)
        let well = try source().look(now: 1_000)
        #expect(well.signals.map(\.state) == [.healthy], "\(well.signals)")
        #expect(well.signals.first?.evidence.hasSuffix("up to 65 s ago; 3 calls beyond a quota") == true, "\(well.signals)")
        #expect(well.nextAt == 61_000)
        try put(
            [("ContactFlowFatalErrors", "ContactFlow", "main", 7), ("ContactFlowFatalErrors", "ContactFlow", "other", 8)],
            at: minute - 120, client)
        let ill = try source().look(now: 2_000)
        #expect(ill.signals.map(\.state) == [.unhealthy], "\(ill.signals)")
        #expect(ill.nextAt == 17_000)
        #expect(try source(flows: ["other"]).look(now: 3_000).signals.map(\.state) == [.unknown])
        #expect(try source("us-west-2").look(now: 4_000).signals.map(\.state) == [.unknown])
    }

    @Test(
        "a CloudWatch that hangs, throttles or fails says nothing of the Region",
        arguments: ["/hang", "/reset", "/status/500", "/status/429", "/status/403"])
    func silentMetrics(path: String) throws {
        let counts = RequestCounts()
        let source = try MetricsSource(client(.cloudWatch, LoopbackServer.url(path)), instance: "i", flows: [], counts: counts)
        for time in 0..<3 { #expect(source.look(now: Int64(time)).signals.map(\.state) == [.unknown]) }
        #expect(counts.all.map { "\($0.place.service) \($0.place.region) \($0.count)" } == ["CloudWatch us-east-1 3"])
    }

    // MARK: - AWS Health

    private static let wall = Timestamp("2026-11-30T18:05:00Z")!.milliseconds
    private static let regions = ["us-east-1", "us-west-2"]

    private static func event(_ region: String, _ status: String, began: Int64, ended: Int64? = nil) -> String {
        let end = ended.map { #","endTime":\#(wall / 1_000 - $0)"# } ?? ""
        return
            #"{"arn":"a","eventTypeCode":"AWS_CONNECT_OPERATIONAL_ISSUE","region":"\#(region)","statusCode":"\#(status)","startTime":\#(wall / 1_000 - began)\#(end)}"#
    }

    private func look(_ urls: [HTTPURL]) throws -> (SignalLook, RequestCounts) {
        let counts = RequestCounts()
        let clients = try zip(urls, Health.regions).map { try client(.health, $0, region: $1) }
        return (HealthSource(clients, regions: Self.regions, counts: counts, wall: { Self.wall }).look(now: 1_000), counts)
    }

    @Test("issues count for the Region that they are told of; that there is none says nothing")
    func health() throws {
        let events = [
            Self.event("us-east-1", "open", began: 1_200), Self.event("us-west-2", "closed", began: 9_000, ended: 1_800),
        ]
        let (look, _) = try look([said(200, #"{"events":[\#(events.joined(separator: ","))]}"#)])
        #expect(look.signals.map(\.state) == [.unhealthy, .healthy], "\(look.signals)")
        #expect(look.signals.first?.evidence == "AWS_CONNECT_OPERATIONAL_ISSUE is open for 20 min")
        #expect(try self.look([said(200, #"{"events":[]}"#)]).0.signals.map(\.state) == [.unknown, .unknown])
    }

    @Test("where the first endpoint is silent the other one is asked, and a refusal is not asked about twice")
    func endpoints() throws {
        let open = #"{"events":[\#(Self.event("us-east-1", "open", began: 60))]}"#
        let (silent, asked) = try look([LoopbackServer.url("/reset"), said(200, open)])
        #expect(silent.signals.map(\.state) == [.unhealthy, .unknown])
        #expect(asked.all.map(\.count) == [1, 1])
        let (refused, once) = try look([said(403, #"{"__type":"AccessDeniedException"}"#), said(200, open)])
        #expect(refused.signals.map(\.state) == [.unknown, .unknown])
        #expect(once.all.map(\.count) == [1])
    }

    @Test("an account without a support plan is asked seldom, and the signal says why meanwhile")
    func plan() throws {
        let (look, _) = try look([said(400, #"{"__type":"SubscriptionRequiredException"}"#)])
        #expect(look.nextAt == 1_000 + 6 * 3_600_000)
        var book = SignalBook()
        for signal in look.signals { book.take(signal) }
        let later = book.signals(at: 5 * 3_600_000, ageMax: 30_000)
        #expect(
            later.allSatisfy { $0.signal.state == .unknown && $0.signal.evidence.contains("SubscriptionRequiredException") })
    }
}
