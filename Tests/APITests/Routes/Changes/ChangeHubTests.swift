import ContactCenter
import FeedCore
import Foundation
import Platform
import TestSupport
import Testing

@testable import API
@testable import HTTPServer

@Suite("clients of changes", .waiting(minutes: 5))
struct ChangeHubTests {
    private let hub = ChangeHub(windowBytesMax: 1 << 20)
    private let server: HTTPServer

    init() throws {
        var router = HTTPRouter()
        router.addChanges(hub)
        server = try HTTPServer(port: 0, router: router)
    }

    /// A client that has asked, and what it was told first.
    private func client(_ query: String = "", last: UInt64? = nil) throws -> (client: RawHTTPClient, first: String) {
        let client = try RawHTTPClient(port: server.port)
        let position = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        client.send("GET /v1/changes\(query) HTTP/1.1\r\nHost: localhost\r\n\(position)\r\n")
        let head = try #require(client.answer())
        #expect(head.status == 200 && head.headers["content-type"] == "text/event-stream")
        #expect(head.headers["converge-time"].flatMap { Int64($0) } != nil)
        return (client, try #require(client.chunk()))
    }

    private func news(_ term: Int64, _ state: FailoverNews.State) -> FailoverNews {
        FailoverNews(
            term: term, state: state, telephony: ["us-east-1": 0, "us-west-2": 100],
            agents: ["us-east-1": 0, "us-west-2": 100], signIn: ["us-west-2"], since: 1_772_000_000_000,
            why: "calls do not land")
    }

    private func text(_ term: Int64, _ state: String, age: Int) -> String {
        "event: failover\ndata: {\"term\":\(term),\"state\":\"\(state)\",\"telephony\":{\"us-east-1\":0,\"us-west-2\":100},"
            + "\"agents\":{\"us-east-1\":0,\"us-west-2\":100},\"signIn\":[\"us-west-2\"],\"since\":1772000000000,"
            + "\"why\":\"calls do not land\",\"ageMs\":\(age)}\n\n"
    }

    @Test("who comes is told the position, alone, and then of a failover that is under way, with its position or without")
    func first() throws {
        hub.begin(behind: 1)
        let position = FeedPosition(endOf: 1).value
        #expect(try client().first.hasSuffix("\n\nid: \(position)\n\n"))
        hub.tell(news(4, .moving))
        let begin = try client().first
        let parts = begin.components(separatedBy: "\n\n")
        #expect(parts.count == 4 && parts[0].hasPrefix("retry: ") && parts[1] == "id: \(position)", "\(begin)")
        #expect(parts[2].hasPrefix("event: failover\ndata: {\"term\":4,\"state\":\"moving\""), "\(begin)")
        // It was away when the intent was written.
        #expect(try client(last: position).first.contains("\"term\":4"))
    }

    @Test("each turn of a failover is told once to who listens; that none is under way to those alone who were told of one")
    func turns() throws {
        hub.tell(news(1, .over), now: 10)
        let (client, first) = try client()
        #expect(!first.contains("failover"))
        hub.tell(news(2, .over), now: 20)
        for state in [FailoverNews.State.moving, .moving, .moved, .returning, .over, .over] {
            hub.tell(news(3, state), now: 30)
        }
        for state in ["moving", "moved", "returning", "none"] { #expect(client.chunk() == text(3, state, age: 0)) }
        #expect(try !self.client().first.contains("failover"))
    }

    @Test("what was read a while ago is told with its age, and nothing is told before anything was read")
    func age() throws {
        #expect(try !client().first.contains("failover"))
        hub.tell(news(2, .moved), now: monotonicMilliseconds() - 90_000)
        let first = try client().first
        let age = try #require(first.firstMatch(of: #/"ageMs":(\d+)/#).flatMap { Int($0.1) })
        #expect(age >= 90_000, "\(first)")
    }

    @Test("a change names the event that told it where its id is a UUID, and its Region; another id is not told")
    func stamps() throws {
        hub.begin(behind: 1)
        let (client, _) = try client()
        let ids = ["0b7e9f7c-5f0e-4f6e-9d62-1f3f0c1a2b3c", "maria@example.com"]
        for (index, id) in ids.enumerated() {
            let event =
                #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"converge.session.v1","subject":"ann","region":"us-east-1","time":"2026-03-02T14:00:0\#(index).000Z","data":{"step":\#(index)}}"#
            let batch = MutationBatch(sliceCount: 1)
            Array(event.utf8).withUnsafeBytes { RecordDecoder().decode($0, arrival: nil, index: 0, into: batch) }
            let mutation = batch.mutations(ofSlice: 0)[0]
            let entry = FeedEntry(form: .told, key: Array(mutation.key), row: "", entity: Array(mutation.entity.bytes))
            hub.append(
                FeedBatch(number: UInt64(index) + 2, author: "", time: 0, cursor: FeedCursor(), entries: [entry]))
        }
        let stamps = try ids.map { _ in
            let data = try #require(client.chunk()?.components(separatedBy: "data: ").last)
            return try #require(JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])["stamp"]
                as? [String: String]
        }
        #expect(stamps == [["event": ids[0], "region": "us-east-1"], ["region": "us-east-1"]])
    }
}
