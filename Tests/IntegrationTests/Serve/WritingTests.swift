import Foundation
import HTTPClient
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// Of real workers: what is written over HTTP comes back by the stream.
    @Suite("writing over HTTP", .waiting(minutes: 10))
    struct WritingTests {
        private static let keys = ["CONVERGE_WRITING_KEYS": "0123456789abcdef0123456789abcdef", "AWS_REGION": "us-east-1"]
        private static let client = Result { try HTTPClient() }
        private static let event =
            #"{"specversion":"1.0","id":"e1","source":"/desktop","type":"converge.session.v1","subject":"ann/1","data":{"status":"connected","note":"draft"}}"#

        private func send(
            _ method: HTTPMethod, _ url: String?, _ body: String = "", _ headers: [HTTPHeader] = []
        ) throws -> (status: Int, body: String) {
            let type = HTTPHeader("Content-Type", "application/json")
            let address = try #require(url.flatMap { HTTPURL($0) })
            let answer = try Self.client.get().perform(
                HTTPRequest(method, address, headers: body.isEmpty ? headers : headers + [type], body: Array(body.utf8)))
            return (answer.status, answer.body.withBytes { String(decoding: $0, as: UTF8.self) })
        }

        /// A session as a server shows it, once it shows this.
        private func awaitSession(_ base: String, _ id: String, has text: String) throws {
            var last = ""
            try eventually("the session has \(text): \(last)") {
                last = try send(.get, "\(base)/v1/sessions/\(id)").body
                return last.contains(text)
            }
        }

        @Test("through Kafka: what is accepted is readable with 201, by the writer at once, and the same event twice is one")
        func kafka() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 1)
            let worker = try KafkaWorker(
                flags: broker.flags(topics: "events", state: "state") + ["--writing-topic", "events"], Self.keys, in: scratch)
            try eventually("it is ready", of: [worker]) { worker.isReady }
            let base = try #require(worker.address)

            let wait = HTTPHeader("Prefer", "wait=10")
            let first = try send(.post, "\(base)/v1/events", Self.event)
            #expect(first.status == 202, "\(first.body)")
            let mine = try send(.get, "\(base)/v1/sessions/ann/1")
            #expect(mine.status == 200 && mine.body.contains(#""note":"draft""#), "\(mine.body)")
            var again: (status: Int, body: String) = (0, "")
            try eventually("it is readable: \(again)") {
                again = try send(.post, "\(base)/v1/events", Self.event, [wait])
                return again.status == 201
            }
            #expect(again.body == first.body)

            let key = HTTPHeader("Idempotency-Key", "p1")
            #expect(try send(.put, "\(base)/v1/sessions/ann/1", #"{"status":"closed"}"#, [key, wait]).status / 100 == 2)
            try awaitSession(base, "ann/1", has: #""status":"closed""#)
            #expect(try !send(.get, "\(base)/v1/sessions/ann/1").body.contains("draft"))
            #expect(try send(.post, "\(base)/v1/events", "{}").status == 400)
            // What is in the stream is what any worker merges.
            #expect(try broker.records(of: "events").contains { $0.bytes == Array(first.body.utf8) })
        }

        @Test("through Kinesis: an event that one endpoint has accepted is taken by the other as it is, and read through both")
        func kinesis() throws {
            let rig = try KinesisRig(Emulator(), shards: 2)
            let worker = try KafkaWorker(
                flags: rig.flags(["--writing-stream", rig.stream]), rig.environment.merging(Self.keys) { $1 },
                in: rig.scratch)
            try eventually("it is ready", of: [worker]) { worker.isReady }
            let served = try Served(
                ["--store-kind", "dynamodb", "--store-prefix", rig.prefix, "--writing-stream", rig.stream], in: rig.scratch,
                environment: rig.environment.merging(Self.keys) { $1 })
            let (one, other) = (try #require(worker.address), "http://\(served.address)")
            let accepted = try send(.post, "\(one)/v1/events", Self.event)
            #expect(accepted.status == 202, "\(accepted.body)")
            let handed = try send(.post, "\(other)/v1/events", accepted.body, [HTTPHeader("Prefer", "wait=10")])
            #expect(handed.status / 100 == 2 && handed.body == accepted.body, "\(handed.body)")
            try awaitSession(other, "ann/1", has: #""note":"draft""#)
            let put = try send(.put, "\(other)/v1/sessions/ann/1", #"{"status":"closed"}"#)
            #expect(put.status == 202, "\(put.body)")
            try awaitSession(one, "ann/1", has: #""status":"closed""#)
            try served.drain()
        }
    }
}
