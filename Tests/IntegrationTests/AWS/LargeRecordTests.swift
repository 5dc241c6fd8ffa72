import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("a record that is too large for a table")
    struct LargeRecordTests {
        /// A contact record of some 560 KB that no compression makes small.
        private static func record() -> String {
            var random = SystemRandomNumberGenerator()
            let attributes = (10..<30).map { number in
                let bytes = Data((0..<(21 << 10)).map { _ in UInt8.random(in: .min ... .max, using: &random) })
                return "\"attribute-\(number)\":\"\(bytes.base64EncodedString())\""
            }
            let instance = "arn:aws:connect:us-east-1:111122223333:instance/12345678-1234-1234-1234-123456789012"
            return """
                {"AWSAccountId":"111122223333","AWSContactTraceRecordFormatVersion":"2017-03-10",\
                "Attributes":{\(attributes.joined(separator: ","))},"Channel":"VOICE","ContactId":"too-large",\
                "InstanceARN":"\(instance)","LastUpdateTimestamp":"2026-03-02T14:00:00Z"}
                """
        }

        @Test(
            "a record that is too large for a table is a dead letter, also the second time; later records are written, and the worker is ready and ends cleanly"
        )
        func goesOn() throws {
            let rig = try KinesisRig(Emulator(), shards: 1)
            let record = Self.record()
            #expect((550_000...600_000).contains(record.utf8.count))
            let lines = try Array(Captures.small.get().prefix(200))
            try rig.put([record] + lines)
            let first = try rig.worker("--heartbeat-write-interval", "0ms", "--dead-letters-path", "letters.jsonl")
            try eventually("it has read everything", of: [first]) { first.records == 201 }
            try eventually("what was read is durable", of: [first]) {
                first.metric("converge_dirty_bytes") == 0 && first.isReady
            }
            try first.drain()
            #expect(first.fields("run.end")["dead-letters"] as? Int == 1)
            try rig.expect(lines)

            let letters = try rig.scratch.lines("letters.jsonl").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            #expect(letters.map { $0["reason"] as? String } == ["too-large"])
            #expect((letters.first?["data"] as? String).flatMap { Data(base64Encoded: $0) } == Data(record.utf8))

            // What is committed stays committed, and what comes then is read.
            let more = try Array(Captures.small.get().prefix(300).suffix(100))
            let second = try rig.worker("--heartbeat-write-interval", "0ms", "--dead-letters-path", "letters.jsonl")
            try rig.put(more)
            try eventually("it has read what is new", of: [second]) { second.records >= 100 && second.isReady }
            try second.drain()
            #expect((100...101).contains(try #require(second.recordsInAll)))
            #expect(try rig.scratch.lines("letters.jsonl").count == 1)
            try rig.expect(lines + more)
        }
    }
}
