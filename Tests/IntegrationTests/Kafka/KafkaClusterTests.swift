import CRdKafka
import EmbeddedStorage
import EngineCore
import Foundation
import Testing

/// One broker inside librdkafka itself: unlike others for tests each has a cluster id of its own.
private final class NamedCluster: @unchecked Sendable {
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    let brokers: String

    init(topic: String, _ lines: [String]) throws {
        client = try KafkaHandle.make(RD_KAFKA_PRODUCER, [:])
        cluster = try #require(rd_kafka_mock_cluster_new(client, 1))
        brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        rd_kafka_mock_topic_create(cluster, topic, 1, 1)
        let producer = try KafkaHandle.make(RD_KAFKA_PRODUCER, ["bootstrap.servers": brokers])
        defer { rd_kafka_destroy(producer) }
        let handle = rd_kafka_topic_new(producer, topic, nil)
        defer { rd_kafka_topic_destroy(handle) }
        for line in lines {
            var bytes = Array(line.utf8)
            try #require(rd_kafka_produce(handle, 0, RD_KAFKA_MSG_F_COPY, &bytes, bytes.count, nil, 0, nil) == 0)
        }
        try #require(rd_kafka_flush(producer, 30_000) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }
}

extension ProgramTests {
    @Suite("the worker on another Kafka cluster")
    struct KafkaClusterTests {
        private func run(on cluster: NamedCluster, in scratch: Scratch) throws -> KafkaWorker {
            let worker = try KafkaWorker(
                [
                    "--kafka-bootstrap-servers", cluster.brokers, "--kafka-topics", "events", "--store-path", "state",
                    "--http-port", "0", "--until-end",
                    // A group of its own: the last member of another one need not be waited for.
                    "--kafka-group-id", UUID().uuidString,
                    // What happens in captures was long ago.
                    "--retain-contacts", "36500d",
                ], in: scratch)
            let ended = try worker.program.wait()
            #expect(ended.code == 0 && !ended.wasKilled, "\(ended.errors) \(worker.log.suffix(3))")
            return worker
        }

        @Test(
            "a topic of the same name on another cluster is read from the beginning, and the log says why; on the same cluster reading continues"
        )
        func otherCluster() throws {
            let scratch = try Scratch()
            let lines = try Captures.small.get().prefix(1_200)
            let one = try NamedCluster(topic: "events", lines.part(0, of: 2))
            let other = try NamedCluster(topic: "events", lines.part(1, of: 2))
            for (cluster, records, stranger) in [(one, 600, false), (one, 0, false), (other, 600, true), (other, 0, false)] {
                let worker = try run(on: cluster, in: scratch)
                #expect(worker.fields("run.end")["records"] as? Int == records)
                let message = worker.entries("kafka.partition.new").first?["message"] as? String
                #expect((message?.contains("to another Kafka cluster") ?? false) == stranger, "\(message ?? "none")")
                if stranger {
                    let fields = worker.fields("kafka.partition.new")
                    #expect((fields["stored"] as? String)?.hasPrefix("cluster=mockCluster") == true, "\(fields)")
                    #expect(fields["stored"] as? String != fields["found"] as? String)
                }
            }
            try scratch.write("reference.jsonl", Array(lines).jsonLines)
            #expect(try scratch.converge("digest", "state").digest == scratch.digest(ofCaptures: "reference.jsonl"))
        }

        @Test("a state whose positions have no cluster is continued, and has the cluster afterwards")
        func nameless() throws {
            let scratch = try Scratch()
            let lines = try Array(Captures.small.get().prefix(600))
            do {
                let store = try EmbeddedStore(path: scratch.path("state"), mode: .createOrOpen)
                let checkpoint = Checkpoint(
                    partition: Partition(source: "kafka", stream: "events", name: "0"), position: Position(0, 0, 0, 400),
                    ended: false, identity: "events")
                try store.write(Flush(rows: [], checkpoints: [checkpoint]))
            }
            let cluster = try NamedCluster(topic: "events", lines)
            let worker = try run(on: cluster, in: scratch)
            #expect(worker.fields("run.end")["records"] as? Int == 200)
            #expect(worker.entries("kafka.partition.new").isEmpty)
            let store = try EmbeddedStore(path: scratch.path("state"), mode: .readOnly)
            #expect(try store.checkpoints().first?.identity.hasPrefix("cluster=mockCluster") == true)
        }
    }
}
