import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("rows that an earlier release wrote")
    struct EarlierRowsTests {
        private static let folders = ["format-2"]

        @Test("the events behind them still have the digest of that release", arguments: folders)
        func replay(folder: String) throws {
            let rows = EarlierRows(folder)
            let scratch = try Scratch()
            try scratch.write("events.jsonl", rows.events.jsonLines)
            // That release did not count the contacts that customers start.
            #expect(try scratch.converge("replay", "events.jsonl", "--memory", "--without-volume").digest == rows.digest)
        }

        @Test("the tables have the digest of a replay, and show prints the replay's lines", arguments: folders)
        func read(folder: String) throws {
            let rows = EarlierRows(folder)
            let rig = try KinesisRig(Emulator(), shards: 1)
            try rows.load(into: rig.prefix, regions: ["us-east-1"], rig.environment, in: rig.scratch)
            #expect(try rig.digest == rows.digest)
            try rig.scratch.write("events.jsonl", rows.events.jsonLines)
            let replay = try rig.scratch.converge(
                "replay", "events.jsonl", "--memory", "--without-volume", "--output", "state.jsonl")
            #expect(replay.digest == (try rows.digest))
            let shown = try rig.scratch.converge(
                "show", "--state", "dynamodb:\(rig.prefix)", "--format", "json", environment: rig.environment)
            #expect(try shown.text == rig.scratch.lines("state.jsonl").jsonLines, "\(shown.errors)")
        }

        @Test(
            "a worker goes on with them: the tables have the digest of a replay of the old and the new events",
            arguments: folders)
        func goOn(folder: String) throws {
            let rows = EarlierRows(folder)
            let rig = try KinesisRig(Emulator(), shards: 2)
            try rows.load(into: rig.prefix, regions: ["us-east-1"], rig.environment, in: rig.scratch)
            // Of the same agents and contacts, later: what is behind the middle of another run of the same generated center.
            let ended = try rig.scratch.converge(
                "generate", "--events", "1500", "--seed", "73", "--agents", "12", "--start", "2026-03-02T14:00:00Z", "--output",
                "more.jsonl")
            #expect(ended.code == 0)
            let more = try Array(rig.scratch.lines("more.jsonl").suffix(900))
            try rig.put(more)
            try rig.toEnd()
            #expect(try rig.digest == rows.digest(with: more, in: rig.scratch))
        }
    }
}
