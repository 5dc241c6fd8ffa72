import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("a worker that is pinned to the old format and one of the new")
    struct RollingUpgradeTests {
        /// The formats of the rows of a kind that workers of that Region have written.
        private func formats(_ rig: KinesisRig, _ kind: String) throws -> Set<UInt8> {
            let text = try rig.emulator.cli(
                "us-east-1", "dynamodb", "scan", "--table-name", "\(rig.prefix)-\(kind)", "--query", "Items[].registers.B",
                "--output",
                "json")
            let values = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String] ?? []
            return Set(values.compactMap { Data(base64Encoded: $0)?.first })
        }

        @Test("share tables and entities: both write, each reads what the other wrote, and the digest is that of a replay")
        func share() throws {
            let rig = try KinesisRig(Emulator(), shards: 4)
            let lines = try Captures.failover.get()
            let old = try rig.worker("--store-format", "2", "--heartbeat-write-interval", "0ms")
            let new = try rig.worker("--heartbeat-write-interval", "0ms")
            try eventually("each has two shards", of: [old, new]) { old.held == 2 && new.held == 2 }
            try rig.put(lines)
            try eventually("everything is read and durable", of: [old, new]) {
                old.records + new.records >= lines.count
                    && [old, new].allSatisfy { $0.metric("converge_dirty_bytes") == 0 && $0.isReady }
            }
            #expect(old.series("converge_dynamodb_row_format") == ["{format=\"2\",dictionary=\"\"}": 1])
            #expect(new.series("converge_dynamodb_row_format").keys.first?.hasPrefix("{format=\"3\"") == true)
            #expect(old.records > 0 && new.records > 0)
            try old.drain()
            try new.drain()
            for kind in ["agent", "contact", "username"] { #expect(try formats(rig, kind) == [1, 3], "\(kind)") }
            try rig.expect(lines)

            // The way back: the pinned worker alone takes over all of it.
            try rig.put(lines.suffix(300))
            try rig.toEnd("--store-format", "2")
            try rig.expect(lines)
        }

        @Test("tables in which a worker of the old format only has written are what an earlier release wrote")
        func pinned() throws {
            let rig = try KinesisRig(Emulator(), shards: 1)
            let rows = EarlierRows("format-2")
            let lines = try rows.events
            try rig.put(lines)
            try rig.toEnd("--store-format", "2")
            try rig.expect(lines)
            #expect(try formats(rig, "contact") == [1])
            #expect(try formats(rig, "flow") == [1, 2])
        }
    }
}
