import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// Streams are those of the double, which splits and merges as the service does; tables are an emulator's.
    @Suite("split and merged shards with workers on Kinesis and DynamoDB")
    struct KinesisShardTests {
        private let double: KinesisDouble
        private let rig: KinesisRig

        init() throws {
            double = try KinesisDouble()
            rig = try KinesisRig(Emulator(), direct: ["AWS_ENDPOINT_URL_KINESIS": double.base], shards: 2)
        }

        /// Splits a shard or merges two, as chance has it; a stream keeps at most six open.
        private func reshard(_ dice: inout Dice) throws {
            let open = try double.openShards(of: rig.stream).sorted { $0.first < $1.first }
            if open.count < 6, open.count < 2 || Int.random(in: 0..<3, using: &dice) > 0 {
                try double.split(rig.stream, #require(open.randomElement(using: &dice)))
            } else {
                let at = Int.random(in: 1..<open.count, using: &dice)
                try double.merge(rig.stream, open[at - 1].id, open[at].id)
            }
        }

        /// Every shard there ever was is finished or being read: none is forgotten.
        private func shardCount() throws -> Int {
            (try double.call("ListShards", ["StreamName": rig.stream])["Shards"] as? [Any])?.count ?? 0
        }

        @Test("shards are split and merged under load while two workers read and one is killed")
        func underLoad() throws {
            let seed = UInt64.random(in: .min ... .max)
            var dice = Dice(seed: seed)
            let lines = try Array(Captures.large.get().prefix(4_000))
            let feed = try rig.feed(lines, perSecond: 250)
            var workers = try [rig.worker(), rig.worker()]
            for number in 0..<8 {
                let before = workers.map(\.records)
                try eventually("they read before change \(number); seed \(seed)", of: workers) {
                    // On a busy machine everything may be read before the last change.
                    zip(workers, before).contains { $0.records > $1 } || !feed.isUnderWay
                }
                usleep(UInt32.random(in: 0...400_000, using: &dice))
                try reshard(&dice)
                if number == 4 {
                    let reading = workers.indices.max { workers[$0].records < workers[$1].records } ?? 0
                    workers[reading].program.stop()
                    #expect(try workers[reading].program.wait().wasKilled)
                    workers[reading] = try rig.worker()
                }
            }
            let count = try feed.end()
            for worker in workers { try worker.drain() }
            let last = try rig.toEnd()
            #expect(count > 500)
            try rig.expect(lines.prefix(count), "seed \(seed), \(count) lines")
            #expect(last.entries("kinesis.gone").isEmpty)
            try rig.expectNothingNew()
            #expect(try shardCount() > 8)
        }

        @Test("after shards are split twice while no worker runs, children and grandchildren are read after their parents")
        func whileNoneRuns() throws {
            var dice = Dice(seed: 7)
            let lines = try Captures.small.get()
            try rig.put(lines.part(0, of: 4))
            #expect(try rig.toEnd().recordsInAll == 750)
            for part in 1..<4 {
                for _ in 0..<3 { try reshard(&dice) }
                try rig.put(lines.part(part, of: 4))
            }
            // The shards that were read last time are closed, and so are some of their children.
            let second = try rig.toEnd()
            #expect((2_250...2_252).contains(second.recordsInAll ?? 0))
            let openCount = try double.openShards(of: rig.stream).count
            #expect(try second.entries("kinesis.ended").count == shardCount() - openCount)
            try rig.expect(lines)
        }

        @Test("shards are split and merged with enhanced fan-out while subscriptions are interrupted")
        func fanOut() throws {
            var dice = Dice(seed: 11)
            let lines = try Array(Captures.small.get().prefix(2_000))
            // The service's five minutes, and less.
            try double.control("settings", ["subscriptionLife": 2.0, "takeover": 0.5, "eventRecords": 50])
            for kind in ["reset", "crc"] {
                try double.control("faults", ["operation": "SubscribeToShard", "kind": kind, "count": 2, "after": 3])
            }
            let worker = try rig.worker("--kinesis-fan-out")
            for number in 0..<4 {
                // A part for each change: of one feed a worker may have read all before the next change.
                let before = worker.records
                let part = lines.part(number, of: 4)
                let feed = try rig.feed(part, perSecond: 400)
                try eventually("it reads", of: [worker]) { worker.records > before }
                if number < 3 { try reshard(&dice) }
                #expect(try feed.wait() == part.count)
            }
            try eventually("it has read everything", of: [worker]) { worker.records >= lines.count && worker.isReady }
            try worker.drain()
            try rig.expect(lines)
            let calls = try double.calls()
            #expect(calls["GetRecords"] == nil && calls["RegisterStreamConsumer"] == 1)
            #expect((calls["SubscribeToShard"] ?? 0) > 5, "\(calls)")
        }
    }

    @Suite("the worker on Kinesis by enhanced fan-out")
    struct KinesisFanOutTests {
        @Test("the emulator's stream is read to its end by enhanced fan-out, with a consumer named like the application")
        func emulator() throws {
            let emulator = try Emulator()
            let rig = try KinesisRig(emulator)
            let lines = try Array(Captures.small.get().prefix(1_000))
            try rig.put(lines)
            let worker = try rig.toEnd("--kinesis-fan-out")
            #expect(worker.recordsInAll == lines.count)
            try rig.expect(lines)
            try rig.expectNothingNew()
        }
    }
}
