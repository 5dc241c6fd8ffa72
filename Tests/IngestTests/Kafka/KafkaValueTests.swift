import Engine
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite("What Kafka tells and is told", .limited)
struct KafkaValueTests {
    @Test("a commit carries the table's epoch; anybody else's metadata is none")
    func epochs() {
        #expect(KafkaCommit.epoch(in: KafkaCommit.metadata(epoch: "7f-1")) == "7f-1")
        #expect(KafkaCommit.epoch(in: KafkaCommit.metadata(epoch: nil)) == nil)
        #expect(KafkaCommit.epoch(in: "something else") == nil)
    }

    @Test("a partition is known by its topic and the cluster, or the topic alone where the cluster has no name")
    func identities() {
        let partition = Partition(source: "kafka", stream: "t", name: "0")
        #expect(KafkaSource.identity(of: partition, in: "a") == "cluster=a;topic=t")
        #expect(KafkaSource.identity(of: partition, in: "b") != KafkaSource.identity(of: partition, in: "a"))
        #expect(KafkaSource.identity(of: partition, in: nil) == "t")
    }

    @Test("an offset is a position and back, and positions are in the order of offsets")
    func positions() {
        let offsets: [Int64] = [0, 1, 4_294_967_296, .max]
        #expect(offsets.map { Position(kafkaOffset: $0).kafkaOffset } == offsets)
        #expect(offsets.map { Position(kafkaOffset: $0) } == offsets.map { Position(kafkaOffset: $0) }.sorted())
        #expect(Position(kafkaOffset: 0) == .beginning)
    }

    @Test("statistics: brokers, those that are up, and what waits of each partition")
    func statistics() throws {
        let text = """
            {"brokers":{"b:9092/1":{"name":"b:9092/1","nodeid":1,"state":"UP","txerrs":1,"rxerrs":2,"rtt":{"avg":1500}},
            "b:9092/bootstrap":{"name":"b:9092/bootstrap","nodeid":-1,"state":"DOWN"}},
            "topics":{"t":{"partitions":{"0":{"fetchq_cnt":3,"fetchq_size":4096},"-1":{"fetchq_cnt":9}}}}}
            """
        let found = try #require(Array(text.utf8).withUnsafeBytes { KafkaStatistics($0) })
        #expect(
            found.brokers == [
                KafkaStatistics.Broker(name: "b:9092/1", state: "UP", roundTripMicroseconds: 1500, errors: 3)
            ])
        #expect(found.brokersUp == 1)
        #expect(found.lanes == [KafkaStatistics.Lane(topic: "t", partition: "0", queued: 3, queuedBytes: 4096)])
    }

    @Test("what is no object is no statistics", arguments: ["", "[]", "{\"brokers\":"])
    func noStatistics(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { KafkaStatistics($0) } == nil)
    }

    @Test(
        "a lag is what is there and not durable; unknown where nothing of what is there is durable yet",
        arguments: [
            (nil, nil, nil, nil), (nil, nil, 0, 0), (nil, nil, 5, nil), (3, nil, 5, nil), (5, 3, 5, 2), (7, 7, 5, 0),
        ] as [(Int64?, Int64?, Int64?, Int64?)])
    func lag(_ position: Int64?, _ durable: Int64?, _ end: Int64?, _ lag: Int64?) {
        let lane = KafkaFigures.Lane(
            partition: Partition(source: "kafka", stream: "t"), position: position, durable: durable, end: end)
        #expect(lane.lag == lag)
    }
}

/// What happened, told by several threads.
final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    var all: [Value] { values.withLock { $0 } }

    func add(_ value: Value) { values.withLock { $0.append(value) } }
}
