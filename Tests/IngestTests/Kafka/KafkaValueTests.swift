import EngineCore
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite("the values exchanged with Kafka", .limited)
struct KafkaValueTests {
    @Test(
        "a commit carries the table epoch and prefix; an older one only the epoch; other metadata is ignored",
        arguments: [
            (KafkaCommit.metadata(epoch: "7f.1", tables: "a-b.c"), "7f.1", "a-b.c"),
            (KafkaCommit.metadata(epoch: "7f.1"), "7f.1", nil), ("converge epoch=7f.1 later=x", "7f.1", nil),
            (KafkaCommit.metadata(epoch: nil, tables: "a"), nil, nil), ("something else", nil, nil),
        ])
    func epochs(metadata: String, epoch: String?, tables: String?) {
        let found = KafkaCommit.read(metadata)
        #expect(found?.epoch == epoch && found?.tables == tables)
    }

    @Test("a partition is identified by topic and cluster, or only by the topic if the cluster has no id")
    func identities() {
        let partition = Partition(source: "kafka", stream: "t", name: "0")
        #expect(KafkaSource.identity(of: partition, in: "a") == "cluster=a;topic=t")
        #expect(KafkaSource.identity(of: partition, in: "b") != KafkaSource.identity(of: partition, in: "a"))
        #expect(KafkaSource.identity(of: partition, in: nil) == "t")
    }

    @Test("an offset is converted to a position and back, and positions have the order of offsets")
    func positions() {
        let offsets: [Int64] = [0, 1, 4_294_967_296, .max]
        #expect(offsets.map { Position(kafkaOffset: $0).kafkaOffset } == offsets)
        #expect(offsets.map { Position(kafkaOffset: $0) } == offsets.map { Position(kafkaOffset: $0) }.sorted())
        #expect(Position(kafkaOffset: 0) == .beginning)
    }

    @Test("statistics contain the brokers with their state, and the queued bytes of each partition")
    func statistics() throws {
        let text = """
            {"brokers":{"b:9092/1":{"name":"b:9092/1","nodeid":1,"state":"UP","rxidle":12500000,"txerrs":1,"rxerrs":2,"rtt":{"avg":1500}},
            "b:9092/bootstrap":{"name":"b:9092/bootstrap","nodeid":-1,"state":"DOWN"}},
            "topics":{"t":{"partitions":{"0":{"broker":1,"fetchq_cnt":3,"fetchq_size":4096},"-1":{"fetchq_cnt":9}}}}}
            """
        let found = try #require(Array(text.utf8).withUnsafeBytes { KafkaStatistics($0) })
        #expect(
            found.brokers == [
                KafkaStatistics.Broker(name: "b:9092/1", state: "UP", roundTripMicroseconds: 1500, errors: 3)
            ])
        #expect(found.brokersUp == 1)
        #expect(
            found.lanes == [KafkaStatistics.Lane(topic: "t", partition: "0", queued: 3, queuedBytes: 4096, silence: 12_500)])
    }

    @Test("statistics that are not an object are ignored", arguments: ["", "[]", "{\"brokers\":"])
    func noStatistics(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { KafkaStatistics($0) } == nil)
    }

    private func lane(
        position: Int64?, durable: Int64? = nil, end: Int64?, readAllAt: Int64? = nil, arrival: Int64? = nil,
        silence: Int64? = nil
    ) -> KafkaFigures.Lane {
        KafkaFigures.Lane(
            index: 0, partition: Partition(source: "kafka", stream: "t"), position: position, durable: durable, end: end,
            readAllAt: readAllAt, arrival: arrival, silence: silence)
    }

    @Test(
        "the lag is the number of records that are not durable, and is unknown while none is durable",
        arguments: [
            (nil, nil, nil, nil), (nil, nil, 0, 0), (nil, nil, 5, nil), (3, nil, 5, nil), (5, 3, 5, 2), (7, 7, 5, 0),
        ] as [(Int64?, Int64?, Int64?, Int64?)])
    func lag(_ position: Int64?, _ durable: Int64?, _ end: Int64?, _ lag: Int64?) {
        #expect(lane(position: position, durable: durable, end: end).lag(settled: nil) == lag)
    }

    @Test("records that only wait for refreshes count as durable, whatever is committed")
    func settled() {
        #expect(lane(position: 20_000, durable: 3, end: 20_005).lag(settled: Position(kafkaOffset: 20_000)) == 5)
        #expect(lane(position: 20_000, durable: nil, end: 20_000).lag(settled: Position(kafkaOffset: 20_000)) == 0)
        #expect(lane(position: 7, durable: 7, end: 7).lag(settled: Position(kafkaOffset: 3)) == 0)
    }

    @Test("the age of unread records is at most the time since everything was read, and since the last record that was read")
    func unread() {
        func age(_ lane: KafkaFigures.Lane, isCutOff: Bool = false) -> Int64? {
            lane.unreadAge(isCutOff: isCutOff, now: 100_000, time: Timestamp(milliseconds: 1_700_000_100_000))
        }
        #expect(age(lane(position: nil, end: nil)) == nil)
        #expect(age(lane(position: nil, end: 0)) == 0)
        #expect(age(lane(position: nil, end: 5)) == nil)
        #expect(age(lane(position: 5, end: 5, readAllAt: 40_000, arrival: 1_700_000_000_000)) == 0)
        #expect(age(lane(position: 3, end: 5, readAllAt: 40_000, arrival: 1_700_000_000_000)) == 60_000)
        #expect(age(lane(position: 3, end: 5, readAllAt: 40_000, arrival: 1_700_000_070_000)) == 30_000)
        #expect(age(lane(position: 3, end: 5, arrival: 1_700_000_000_000)) == 100_000)
        // What no broker says is not known to be the end.
        #expect(age(lane(position: 5, end: 5, readAllAt: 85_000, silence: 15_000)) == 15_000)
        #expect(age(lane(position: 5, end: 5, readAllAt: 40_000), isCutOff: true) == 60_000)
    }
}

/// What happened, told by several threads.
final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    var all: [Value] { values.withLock { $0 } }

    func add(_ value: Value) { values.withLock { $0.append(value) } }
}
