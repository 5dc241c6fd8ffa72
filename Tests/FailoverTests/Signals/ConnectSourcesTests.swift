import AWS
import Failover
import FailoverCore
import Foundation
import HTTPClient
import Platform
import Servers
import Synchronization
import TestSupport
import Testing

@Suite("Connect's API as a signal, against a stub", .waiting(minutes: 5))
struct ConnectSourcesTests {
    private static let keys = ["AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "test"]
    private static let files = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]
    private static let short = HTTPTimeouts(
        connect: .milliseconds(1_500), firstByte: .milliseconds(1_500), idle: .milliseconds(1_500), total: .milliseconds(1_500))

    /// A client of Connect at some place.
    private func client(
        _ endpoint: String, region: String = "us-east-1", keys: [String: String] = keys, timeouts: HTTPTimeouts = .init()
    ) throws -> ServiceClient {
        let session = try AWSSession(Environment(keys.merging(Self.files) { $1 }))
        let url: HTTPURL = try #require(HTTPURL(endpoint))
        return try session.client(
            .connect, region: region, endpoint: url, retry: ConnectAPISource.retry, timeouts: timeouts)
    }

    private func source(
        _ client: ServiceClient, _ instance: String = "i", isOwn: Bool = false, counts: RequestCounts = .init(),
        found: @escaping @Sendable (Connect.Instance) -> Void = { _ in }
    ) -> ConnectAPISource {
        ConnectAPISource(
            client, instance: instance, isOwn: isOwn, quota: ConnectQuota(isOwn: isOwn), counts: counts, found: found)
    }

    /// Looks so many times, each a minute after the one before, and gives the last signal.
    private func looked(_ source: ConnectAPISource, times: Int = 3) -> Signal? {
        (1...times).map { source.look(now: Int64($0) * 60_000).signals }.last?.first
    }

    @Test(
        "silence and errors of the service are complaints, and all else is unknown",
        arguments: [
            ("/hang", SignalState.unhealthy), ("/reset", .unhealthy), ("/status/500", .unhealthy), ("/status/503", .unhealthy),
            ("/status/429", .unknown), ("/status/403", .unknown), ("/status/400", .unknown), ("/status/404", .unknown),
            // Somebody answers who is not Connect.
            ("/status/200", .unknown),
        ])
    func answers(path: String, expected: SignalState) throws {
        let signal = try #require(
            looked(source(client(LoopbackServer.shared.get().base + path, timeouts: path == "/hang" ? Self.short : .init()))))
        #expect(signal.state == expected, "\(signal.evidence)")
        #expect(signal.path == SignalPath(.between))
    }

    @Test("a port at which nobody listens is silence; a name without an address, and no credentials, are our own trouble")
    func own() throws {
        let refused = try #require(looked(source(client("http://127.0.0.1:1"))))
        #expect(refused.state == .unhealthy, "\(refused.evidence)")
        let nameless = try #require(looked(source(client("http://connect.invalid"))))
        #expect(nameless.state == .unknown, "\(nameless.evidence)")
        let keyless = try #require(
            looked(source(client("http://127.0.0.1:1", keys: ["AWS_EC2_METADATA_DISABLED": "true"]))))
        #expect(keyless.state == .unknown, "\(keyless.evidence)")
    }

    @Test("a Region that answers is healthy, one that stops is unhealthy by three looks, and one answer ends that")
    func region() throws {
        let stub = try ConnectStub()
        let found = Mutex<[Connect.Instance]>([])
        let counts = RequestCounts()
        let endpoint = try #require(stub.endpoints["us-west-2"])
        let source = try source(client(endpoint, region: "us-west-2"), stub.instance, isOwn: true, counts: counts) { instance in
            found.withLock { $0.append(instance) }
        }
        var now: Int64 = 0
        var states: [SignalState] = []
        func look() {
            let look = source.look(now: now)
            states += look.signals.map(\.state)
            now = look.nextAt
        }
        look()
        #expect(now == 24_000)
        try stub.set("us-west-2", .refuse)
        for _ in 0..<3 { look() }
        // Nothing of the refused ones reached the service: they are asked at the pace of doubt.
        #expect(now == 54_000)
        try stub.set("us-west-2", .up)
        look()
        #expect(states == [.healthy, .unknown, .unknown, .unhealthy, .healthy])
        #expect(found.withLock { $0.map(\.id) } == [stub.instance, stub.instance])
        #expect(counts.all.map(\.count) == [5])
    }

    @Test("no look is sent beyond the share of the account's rate")
    func quota() throws {
        let stub = try ConnectStub(rate: 100, burst: 100)
        let source = try source(client(#require(stub.endpoints["us-east-1"])), stub.instance)
        var now: Int64 = 0
        for _ in 0..<30 { now = max(now + 1_000, source.look(now: now).nextAt - 9_000) }
        let calls = try stub.calls("DescribeInstance").count
        #expect(calls <= 8 * Int(now / 60_000 + 1))
        #expect(source.look(now: now).signals.count <= 1)
    }

    @Test("readiness goes round all kinds of resources, a minute each, and tells of a difference")
    func readiness() throws {
        let stub = try ConnectStub(rate: 1_000, burst: 1_000)
        let client = try client(#require(stub.endpoints["us-east-1"]))
        let quota = ConnectQuota(isOwn: true)
        let readiness = ReadinessSource(client, instance: stub.instance, isOwn: true, quota: quota, counts: .init())
        #expect(readiness.look(now: 0).signals.map(\.state) == [.unknown])
        readiness.take(try client.perform(Connect.DescribeInstance(stub.instance)))
        var states: [SignalState] = []
        for minute in 1...27 { states += readiness.look(now: Int64(minute) * 60_000).signals.map(\.state) }
        #expect(states == Array(repeating: .unknown, count: 26) + [.healthy])
        try stub.control("PUT", "pair", ["drift": ["QUEUE": ["us-west-2": 3]]])
        for minute in 28...54 { states += readiness.look(now: Int64(minute) * 60_000).signals.map(\.state) }
        #expect(states.last == .unhealthy)
        try stub.control("PUT", "pair", ["replication": ["us-west-2": "INSTANCE_REPLICATION_FAILED"]])
        readiness.take(try client.perform(Connect.DescribeInstance(stub.instance)))
        let failed = try #require(readiness.look(now: 55 * 60_000).signals.first)
        #expect(failed.state == .unhealthy)
        #expect(failed.evidence == "replication with us-west-2 is INSTANCE_REPLICATION_FAILED")
    }
}
