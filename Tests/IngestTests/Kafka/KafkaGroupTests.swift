import CRdKafka
import EngineCore
import Glibc
import TestSupport
import Testing

@testable import Ingest

/// On librdkafka's mock cluster: three brokers.
@Suite("a Kafka consumer group", .waiting(minutes: 5))
struct KafkaGroupTests {
    private let topic = "t"
    private let partitions = 6

    private func texts(_ numbers: Range<Int>) -> [String] { numbers.map { "\($0)" }.sorted() }

    /// All of it is read by these together; and once, where none of them was thrown out of the group, which is promised to nobody on a
    /// machine that stands still for seconds.
    private func expectRead(_ numbers: Range<Int>, by members: Member..., location: SourceLocation = #_sourceLocation) {
        let read = members.flatMap(\.texts)
        #expect(Set(read) == Set(texts(numbers)), sourceLocation: location)
        if !members.contains(where: \.wasThrownOut) { #expect(read.count == numbers.count, sourceLocation: location) }
        #expect(members.allSatisfy { $0.failure == nil }, sourceLocation: location)
    }

    @Test("with cooperative rebalancing a second member gets flushed partitions; no record is missing and none is read twice")
    func cooperative() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        try cluster.produce(0..<3_000, to: topic, partitions: partitions)
        let first = try Member(cluster.settings(topic: topic), epoch: "e")
        try first.start()
        try eventually("3,000 records are read, not \(Set(first.texts).count)") { Set(first.texts).count == 3_000 }
        let second = try Member(cluster.settings(topic: topic), epoch: "e")
        try second.start()
        try eventually("each reads half of the partitions, not \(first.lanes) and \(second.lanes)") {
            first.lanes == partitions / 2 && second.lanes == partitions / 2
        }
        if !first.wasThrownOut {
            // What the first keeps it reads on under the same index, and of what it gave up it keeps nothing.
            #expect(first.source.assignments == (total: partitions, kept: partitions / 2))
            #expect(first.dropped.count == partitions / 2)
        }
        try cluster.produce(3_000..<6_000, to: topic, partitions: partitions)
        try eventually("all is read, not \(Set(first.texts).count) and \(Set(second.texts).count) records") {
            Set(first.texts + second.texts).count == 6_000
        }
        first.stop()
        try eventually("the second reads all partitions, not \(second.lanes)") { second.lanes == partitions }
        try cluster.produce(6_000..<6_600, to: topic, partitions: partitions)
        try eventually("all is read, not \(Set(first.texts).count) and \(Set(second.texts).count) records") {
            Set(first.texts + second.texts).count == 6_600
        }
        second.stop()
        expectRead(0..<6_600, by: first, second)
    }

    @Test("a commit is valid only with its table epoch; with another epoch everything is read again")
    func epochs() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        try cluster.produce(0..<600, to: topic, partitions: partitions)
        for (epoch, expected) in [("e", 600), ("e", 0), ("f", 600)] {
            var settings = cluster.settings(topic: topic)
            settings.untilEnd = true
            let member = try Member(settings, epoch: epoch)
            try member.start()
            try eventually("the end of the member") { member.hasEnded || member.failure != nil }
            member.stop()
            #expect(member.failure == nil)
            // One that was thrown out of the group could not commit at its end: from then on the counts are not known.
            if member.wasThrownOut { return }
            #expect(member.texts.count == expected, "\(epoch)")
            let others = member.events.all.count { if case .otherTable = $0 { true } else { false } }
            #expect(others == (epoch == "f" ? partitions : 0))
        }
    }

    @Test("errors of brokers and a restarted broker neither lose nor repeat records")
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
        try eventually("600 records are read, not \(member.texts.count)") { member.texts.count >= 600 }
        rd_kafka_mock_broker_set_down(cluster.cluster, 1)
        rd_kafka_mock_broker_set_up(cluster.cluster, 1)
        try cluster.produce(600..<1_200, to: topic, partitions: partitions)
        try eventually("1,200 records are read, not \(member.texts.count)") { member.texts.count >= 1_200 }
        member.stop()
        expectRead(0..<1_200, by: member)
    }

    @Test("a commit that the broker refuses temporarily is reported as failed and retried")
    func commits() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        try cluster.produce(0..<60, to: topic, partitions: partitions)
        let member = try Member(cluster.settings(topic: topic), epoch: "e")
        try member.start()
        try eventually("60 records are read, not \(member.texts.count)") { member.texts.count >= 60 }
        let offsetCommit: Int16 = 8
        cluster.fail(offsetCommit, with: [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
        let sealed = [(0, Int64(10))].map { index, offset in
            CheckpointLedger.Sealed(partition: index, position: Position(kafkaOffset: offset), ended: false)
        }
        #expect(throws: KafkaError.self) { try member.source.commit(sealed, epoch: "e") }
        try eventually("the commit is taken when it is made again") { (try? member.source.commit(sealed, epoch: "e")) != nil }
        #expect(member.source.figures.commitFailures >= 1)
        #expect(member.source.figures.commits >= 1)
        member.stop()
    }

    @Test("while all brokers are down the source reports that it is cut off; afterwards it reads new records")
    func outage() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        let member = try Member(cluster.settings(topic: topic), epoch: "e")
        try member.start()
        try cluster.produce(0..<600, to: topic, partitions: partitions)
        try eventually("600 records are read, not \(member.texts.count)") { member.texts.count >= 600 }
        for broker in Int32(1)...3 { rd_kafka_mock_broker_set_down(cluster.cluster, broker) }
        try eventually("it says that it is cut off") { member.source.figures.isCutOff }
        for broker in Int32(1)...3 { rd_kafka_mock_broker_set_up(cluster.cluster, broker) }
        try cluster.produce(600..<1_200, to: topic, partitions: partitions)
        try eventually("it is cut off no more and has read 1,200 records, not \(member.texts.count)") {
            member.texts.count >= 1_200 && !member.source.figures.isCutOff
        }
        member.stop()
        // Thrown out of the group meanwhile, it may have read something again.
        expectRead(0..<1_200, by: member)
    }

    @Test("with a long round trip to the brokers everything is read once and committed, and the round trip is measured")
    func roundTrip() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        for broker in Int32(1)...3 { rd_kafka_mock_broker_set_rtt(cluster.cluster, broker, 150) }
        try cluster.produce(0..<600, to: topic, partitions: partitions)
        var settings = cluster.settings(topic: topic)
        settings.options.append(("statistics.interval.ms", "200"))
        let member = try Member(settings, epoch: "e")
        try member.start()
        try eventually("600 records are read, not \(member.texts.count)") { member.texts.count >= 600 }
        try eventually("the round trip is told") {
            member.source.figures.statistics?.brokers.contains { $0.roundTripMicroseconds >= 150_000 } == true
        }
        member.stop()
        expectRead(0..<600, by: member)
        #expect(member.source.figures.commits > 0)
        #expect(member.source.figures.commitFailures == 0 || member.wasThrownOut)
    }

    /// The protocol's numbers: offset fetch, coordinator, join, heartbeat, sync.
    @Test("a member that the group has removed rejoins and loses no record")
    func forgotten() throws {
        let cluster = try MockCluster(topic: topic, partitions: partitions)
        cluster.fail(10, with: [RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT])
        cluster.fail(11, with: [RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR])
        cluster.fail(14, with: [RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS])
        cluster.fail(9, with: [RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR__TRANSPORT])
        let member = try Member(cluster.settings(topic: topic), epoch: "e")
        try member.start()
        try cluster.produce(0..<600, to: topic, partitions: partitions)
        try eventually("600 records are read, not \(member.texts.count)") { member.texts.count >= 600 }
        let before = member.source.figures.rebalances
        cluster.fail(12, with: [RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID])
        try eventually("it comes back and reads all partitions, not \(member.lanes)") {
            member.source.figures.rebalances > before && member.lanes == partitions
        }
        try cluster.produce(600..<1_200, to: topic, partitions: partitions)
        try eventually("1,200 records are read, not \(Set(member.texts).count)") { Set(member.texts).count >= 1_200 }
        member.stop()
        #expect(member.failure == nil)
        #expect(Set(member.texts) == Set(texts(0..<1_200)))
    }
}
