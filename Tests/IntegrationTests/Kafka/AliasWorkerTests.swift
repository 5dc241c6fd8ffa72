import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// A worker with a key, over the scenario `fixtures/aliases`.
    @Suite("aliases of a worker")
    struct AliasWorkerTests {
        private static let folder = FixtureTests.root + "/aliases"

        private func records() throws -> [String] {
            try ["cloud-events.jsonl", "us-east-1.contact-events.jsonl", "us-east-1.contact-records.json"].flatMap { name in
                try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8)
                    .replacingOccurrences(of: "}{\"AWSAccountId\"", with: "}\n{\"AWSAccountId\"").split(separator: "\n").map(
                        String.init)
            }
        }

        private func ask(_ body: String, _ worker: KafkaWorker) throws -> RawHTTPClient.Answer {
            let port = try #require(worker.address?.split(separator: ":").last.flatMap { Int($0) })
            let client = try RawHTTPClient(port: port)
            client.send(
                "POST /v1/lookups HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            return try #require(client.answer())
        }

        @Test(
            "a worker with a key answers lookups by number; no number is in its log, metrics and health, and its state is that of a replay"
        )
        func worker() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            let records = try records()
            #expect(records.count == 16)
            try broker.create("events", partitions: 3)
            try broker.produce(records, to: "events", partitions: 3)
            let key = ["--alias-key-file", Self.folder + "/alias.key", "--alias-country", "44"]
            let worker = try KafkaWorker(broker.flags(topics: "events", state: "state") + key, in: scratch)
            try eventually("all is durable", of: [worker]) {
                worker.metric("converge_records_total") == 16 && worker.isReady
                    && worker.metric("converge_kafka_lag_records") == 0
            }
            let found = try ask(#"{"phone":"020 7946 0018"}"#, worker)
            let data = try #require(found.json["data"] as? [String: Any], "\(found)")
            #expect(found.status == 200 && data["customers"] as? [String] == ["cust-6001", "cust-6003"])
            #expect((data["lastContact"] as? [String: Any])?["id"] as? String == "c5000002-0000-4000-8000-000000000002")
            #expect(try ask(#"{"phone":"+442079460777"}"#, worker).status == 404)
            #expect(try ask(#"{"phone":"20794600"}"#, worker).status == 404 && ask("7946", worker).status == 400)
            #expect(worker.metric("converge_identities_without_alias_total") == 5)
            #expect(
                worker.fields("aliases.on")["key-id"] as? String == "ea9b34ac"
                    && worker.fields("aliases.on")["country"] as? String == "44")
            let pages = try ["/metrics", "/health/ready", "/health/live"].map { try #require(worker.page($0)) }.joined()
            try worker.drain()
            let log = try String(decoding: JSONSerialization.data(withJSONObject: worker.log), as: UTF8.self)
            for secret in ["7946", "novak", "chat.example", "555014", "a key for tests"] {
                #expect(!pages.contains(secret) && !log.contains(secret), "\(secret)")
            }
            let replay = try Program(["replay", Self.folder, "--memory"] + key, in: scratch).wait()
            #expect(try scratch.digest(of: "state") == replay.digest)
        }

        @Test("a worker without a key says so once, and writes no alias")
        func noKey() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 1)
            try broker.produce(try records(), to: "events", partitions: 1)
            let worker = try KafkaWorker.toEnd(broker.flags(topics: "events", state: "state"), in: scratch)
            #expect(worker.entries("aliases.off").count == 1 && worker.entries("aliases.on").isEmpty)
            #expect(try scratch.converge("show", "alias", "--state", "state").text.isEmpty)
        }

        @Test("a worker whose key is too short, or not there, ends and says what to do")
        func badKey() throws {
            let scratch = try Scratch()
            try scratch.write("short.key", "too short")
            for (file, reason) in [("short.key", "needs at least 32"), ("absent.key", "absent.key")] {
                let ended = try scratch.converge(
                    "run", "--kafka-bootstrap-servers", "127.0.0.1:1", "--kafka-topics", "t", "--store-path", "s",
                    "--alias-key-file", file)
                #expect(
                    ended.code != 0 && ended.errors.contains(reason) && !ended.errors.contains("too short"), "\(ended.errors)")
            }
        }
    }
}
