import EngineCore
import TestSupport
import Testing

@testable import Ingest

@Suite("tombstones of a compacted topic", .waiting(minutes: 5))
struct KafkaTombstoneTests {
    @Test(
        "tombstones of a compacted topic are not events, but move the position",
        arguments: [
            ("in the middle of a batch", ["1", nil, "2"]), ("at its beginning", [nil, "1"]), ("at its end", ["1", "2", nil]),
            ("several at its end", ["1", nil, nil]), ("alone in it", [nil]),
        ] as [(String, [String?])])
    func tombstones(place: String, values: [String?]) throws {
        let cluster = try MockCluster(topic: "t", partitions: 1)
        try cluster.produce(values, to: "t", partition: 0)
        let member = try Member(cluster.settings(topic: "t"), epoch: "e")
        try member.start()
        try eventually(
            "the position is behind the last, not \(String(describing: member.source.figures.lanes.first?.position))"
        ) {
            member.source.figures.lanes.first?.position == Int64(values.count)
        }
        member.stop()
        #expect(member.texts == values.compactMap { $0 })
        // The block that has the records ends behind the tombstones: the end of the partition, which a topic that is busy never
        // comes to, is not needed for it.
        // A broker may give them in two parts.
        #expect(member.blocks.last?.end == (member.texts.isEmpty ? nil : Position(kafkaOffset: Int64(values.count))))
        // That position is committed, so nothing is read again.
        var settings = cluster.settings(topic: "t")
        settings.untilEnd = true
        let next = try Member(settings, epoch: "e")
        try next.start()
        try eventually("the end of the partition") { next.hasEnded || next.failure != nil }
        #expect(next.source.figures.lanes.first?.position == Int64(values.count))
        next.stop()
        #expect(member.wasThrownOut || next.texts.isEmpty)
        #expect(member.failure == nil && next.failure == nil)
    }
}
