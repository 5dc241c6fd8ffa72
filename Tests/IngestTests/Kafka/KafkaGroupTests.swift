import CRdKafka
import Engine
import Glibc
import Testing

@testable import Ingest

/// On librdkafka's mock cluster: three brokers.
@Suite("A Kafka consumer group", .serialized, .timeLimit(.minutes(3)))
struct KafkaGroupTests {
    private let topic = "t"
    private let partitions = 6

    private func eventually(_ isSo: () -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(100)
        while !isSo() {
            try #require(ContinuousClock.now < deadline)
            usleep(5_000)
        }
    }

    private func texts(_ numbers: Range<Int>) -> [String] { numbers.map { "\($0)" }.sorted() }

    @Test("cooperative: a second member takes some partitions, settled ones, and everything is read once")
    func cooperative() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        try cluster.produce(0..<3_000, to: topic, partitions: partitions)
        let first = try Member(cluster.settings(topic: topic), epoch: "e")
        try first.start()
        try eventually { first.texts.count == 3_000 }
        #expect(first.source.figures.lanes.count == partitions)
        let second = try Member(cluster.settings(topic: topic), epoch: "e")
        try second.start()
        try eventually { second.source.figures.lanes.count == partitions / 2 }
        // What the first keeps it reads on under the same index.
        #expect(first.source.partitions.count == partitions)
        #expect(first.dropped.count == partitions / 2)
        try cluster.produce(3_000..<6_000, to: topic, partitions: partitions)
        try eventually { first.texts.count + second.texts.count >= 6_000 }
        #expect(first.source.figures.lanes.count == partitions / 2)
        first.stop()
        try eventually { second.source.figures.lanes.count == partitions }
        try cluster.produce(6_000..<6_600, to: topic, partitions: partitions)
        try eventually { first.texts.count + second.texts.count >= 6_600 }
        second.stop()
        #expect((first.texts + second.texts).sorted() == texts(0..<6_600))
        #expect(first.failure == nil && second.failure == nil)
    }

    @Test("a commit counts for the table that it was made in: with another epoch everything is read again")
    func epochs() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        try cluster.produce(0..<600, to: topic, partitions: partitions)
        for (epoch, expected) in [("e", 600), ("e", 0), ("f", 600)] {
            var settings = cluster.settings(topic: topic)
            settings.untilEnd = true
            let member = try Member(settings, epoch: epoch)
            try member.start()
            try eventually { member.hasEnded || member.failure != nil }
            member.stop()
            #expect(member.failure == nil)
            #expect(member.texts.count == expected, "\(epoch)")
            let others = member.events.all.count { if case .otherTable = $0 { true } else { false } }
            #expect(others == (epoch == "f" ? partitions : 0))
        }
    }

    @Test("errors of brokers, and a broker that goes and comes, lose nothing and repeat nothing")
    func errors() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        let fetch: Int16 = 1
        cluster.fail(
            fetch,
            with: [
                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR__TRANSPORT,
                RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            ])
        let member = try Member(cluster.settings(topic: topic), epoch: "e")
        try member.start()
        try cluster.produce(0..<600, to: topic, partitions: partitions)
        try eventually { member.texts.count >= 600 }
        rd_kafka_mock_broker_set_down(cluster.cluster, 1)
        rd_kafka_mock_broker_set_up(cluster.cluster, 1)
        try cluster.produce(600..<1_200, to: topic, partitions: partitions)
        try eventually { member.texts.count >= 1_200 }
        member.stop()
        #expect(member.failure == nil)
        #expect(member.texts.sorted() == texts(0..<1_200))
    }

    @Test("a commit that the broker refuses for the moment is an error to whoever trusts it, and made again")
    func commits() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        try cluster.produce(0..<60, to: topic, partitions: partitions)
        let member = try Member(cluster.settings(topic: topic), epoch: "e")
        try member.start()
        try eventually { member.texts.count == 60 }
        let offsetCommit: Int16 = 8
        cluster.fail(offsetCommit, with: [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
        let sealed = [(0, Int64(10))].map { index, offset in
            CheckpointLedger.Sealed(partition: index, position: Position(kafkaOffset: offset), ended: false)
        }
        #expect(throws: KafkaError.self) { try member.source.commit(sealed, epoch: "e") }
        #expect(throws: Never.self) { try member.source.commit(sealed, epoch: "e") }
        #expect(member.source.figures.commitFailures >= 1)
        #expect(member.source.figures.commits >= 1)
        member.stop()
    }
}
