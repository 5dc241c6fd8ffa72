import Foundation
import TestSupport
import Testing

extension Cases {
    /// A world that was told a file of a case as one record.
    fileprivate static func world(file path: String) throws -> EventWorld {
        let world = EventWorld()
        world.feed([UInt8](try Data(contentsOf: folder.appending(path: path))))
        return world
    }
}

/// Inputs that other people's tools wrote; each has a test of the project's own with made-up input.
@Suite("envelopes and encodings of the cases", .enabled(if: Cases.areThere, "needs the cases in ../shared/cases"), .limited)
struct EnvelopeCaseTests {
    @Test(
        "envelopes of other tools are opened",
        arguments: [
            ("04-sqs-sns-wrapped/in.1sqs.json", ["contact.CONNECTED_TO_AGENT": 1]),
            ("04-sqs-sns-wrapped/in.2sns.json", ["contact.CONNECTED_TO_AGENT": 1]),
            ("05-cli-get-records/in.json", ["agent.LOGIN": 1]), ("07-cwl-cli-insights/in.1filter.json", ["flow-log": 1]),
            ("07-cwl-cli-insights/in.2getlog.json", ["flow-log": 1]),
            ("07-cwl-cli-insights/in.3insights.json", ["flow-log": 1]),
            ("08-firehose/in.1concat", ["record": 2]), ("08-firehose/in.2failed.json", ["record": 1]),
            ("08-firehose/in.3transform.json", ["record": 1]), ("08-firehose/in.4array.gz", ["record": 3]),
            ("20-encodings/in.2bom-each.jsonl", ["agent.STATE_CHANGE": 2]),
            ("20-encodings/in.4kinesis-bom.json", ["agent.STATE_CHANGE": 1]),
            ("20-encodings/in.5cr-only.txt", ["agent.STATE_CHANGE": 2]),
        ])
    func envelopes(path: String, counts: [String: Int]) throws {
        let world = try Cases.world(file: path)
        #expect(world.counts == counts)
        #expect(world.unknown == 0 && world.rejections.isEmpty, "\(world.kinds) \(world.reasons)")
    }

    @Test("timestamps are read in all spellings of ISO 8601, and in no other")
    func times() throws {
        let world = try Cases.world(file: "24-timestamps/in.jsonl")
        #expect(world.counts == ["agent.STATE_CHANGE": 7])
        #expect(world.reasons == [String](repeating: "no-stamp", count: 6))
    }
}
