import EngineCore
import Foundation
import Glibc
import Servers
import TestSupport
import Testing

@testable import Ingest

/// Against a double of Kinesis that reshards as the service does, and lease tables in an emulator of DynamoDB.
@Suite("the Kinesis source", .waiting(minutes: 5))
struct KinesisSourceTests {
    /// Both servers, and what is asked of them.
    final class Rig {
        let kinesis: KinesisDouble
        let emulator: Emulator
        private var workers = 0

        init(shards: Int) throws {
            kinesis = try KinesisDouble()
            emulator = try Emulator()
            try kinesis.call("CreateStream", ["StreamName": "s", "ShardCount": shards])
        }

        func member(_ change: (inout KinesisSettings) -> Void = { _ in }) throws -> KinesisMember {
            workers += 1
            var settings = KinesisSettings(
                streams: ["s"], regions: ["us-east-1"], application: "converge", worker: "w\(workers)")
            settings.epoch = "e1"
            change(&settings)
            let member = try KinesisMember(settings, kinesis.session, emulator.session())
            return member
        }

        func put(_ numbers: Range<Int>, stream: String = "s") throws {
            for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 400) {
                let records = (start..<min(start + 400, numbers.upperBound)).map {
                    ["Data": Data("\($0)".utf8).base64EncodedString(), "PartitionKey": "key\($0)"]
                }
                try kinesis.call("PutRecords", ["StreamName": stream, "Records": records])
            }
        }

        func rows(_ table: String = "converge") throws -> [[String: [String: Any]]] {
            let text = try emulator.session().ask(.dynamoDB, "Scan", #"{"TableName":"\#(table)","ConsistentRead":true}"#)
            let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return root?["Items"] as? [[String: [String: Any]]] ?? []
        }

        func row(_ shard: String) throws -> [String: [String: Any]]? {
            try rows().first { $0["leaseKey"]?["S"] as? String == shard }
        }

        func split(_ shard: String) throws {
            let answer = try kinesis.call("ListShards", ["StreamName": "s"])
            let all = answer["Shards"] as? [[String: Any]] ?? []
            let range = all.first { $0["ShardId"] as? String == shard }?["HashKeyRange"] as? [String: String]
            let middle = KinesisSourceTests.middle(
                try #require(range?["StartingHashKey"]), try #require(range?["EndingHashKey"]))
            try kinesis.call(
                "SplitShard", ["StreamName": "s", "ShardToSplit": shard, "NewStartingHashKey": middle])
        }
    }

    /// Of two decimal numbers, by long addition and halving.
    private static func middle(_ a: String, _ b: String) -> String {
        func digits(_ text: String) -> [Int] { text.reversed().compactMap(\.wholeNumberValue) }
        let (x, y) = (digits(a), digits(b))
        var sum: [Int] = []
        var carry = 0
        for place in 0..<(max(x.count, y.count) + 1) {
            let value = (place < x.count ? x[place] : 0) + (place < y.count ? y[place] : 0) + carry
            sum.append(value % 10)
            carry = value / 10
        }
        var rest = 0
        var half = ""
        for digit in sum.reversed() {
            let value = rest * 10 + digit
            half += "\(value / 2)"
            rest = value % 2
        }
        let text = half.drop { $0 == "0" }
        return text.isEmpty ? "0" : String(text)
    }

    private func texts(_ numbers: Range<Int>) -> Set<String> { Set(numbers.map { "\($0)" }) }

    /// All of it was read; and once, where the member lost no lease: on a machine that stands still for seconds it may.
    private func expectRead(_ numbers: Range<Int>, by member: KinesisMember, location: SourceLocation = #_sourceLocation) {
        #expect(Set(member.texts) == texts(numbers), sourceLocation: location)
        if member.source.figures.leasesLost == 0 { #expect(member.texts.count == numbers.count, sourceLocation: location) }
        #expect(member.failure == nil, sourceLocation: location)
    }

    @Test(
        "a new application reads everything and writes its positions to the lease table like the Kinesis Client Library"
    )
    func first() throws {
        let rig = try Rig(shards: 2)
        try rig.put(0..<1_000)
        let member = try rig.member { $0.untilEnd = true }
        try member.start()
        try eventually("anything is read") { !member.texts.isEmpty }
        try eventually("the end of the member") { member.hasEnded || member.failure != nil }
        member.stop()
        expectRead(0..<1_000, by: member)
        for row in try rig.rows() {
            #expect((row["checkpoint"]?["S"] as? String)?.allSatisfy(\.isNumber) == true, "\(row)")
            #expect(row["leaseOwner"] == nil && row["convergeEpoch"]?["S"] as? String == "e1")
        }
        // Another one goes on from there.
        try rig.put(1_000..<1_100)
        let next = try rig.member { $0.untilEnd = true }
        try next.start()
        try eventually("the end of the next one") { next.hasEnded || next.failure != nil }
        next.stop()
        #expect(Set(next.texts).isSuperset(of: texts(1_000..<1_100)))
        if next.source.figures.leasesLost == 0 { #expect(next.texts.count <= 102) }
    }

    @Test("a worker polls its shards apart from each other")
    func apart() throws {
        let rig = try Rig(shards: 4)
        let member = try rig.member()
        try member.start()
        defer { member.stop() }
        try eventually("all shards are read") { member.shards.count == 4 }
        let lanes = member.source.state.withLock { Array($0.lanes.values) }
        let phases = lanes.compactMap { ($0.fetcher as? ShardPoller)?.pace.phase }.sorted()
        #expect(phases.count == 4 && zip(phases, phases.dropFirst()).allSatisfy { $1 - $0 > 0.1 }, "\(phases)")
    }

    @Test("two workers share the shards, and one takes over the shards of the other after it stops or dies")
    func share() throws {
        let rig = try Rig(shards: 4)
        let first = try rig.member()
        try first.start()
        try eventually("the shards are shared so, not \(first.shards)") { first.shards.count == 4 }
        let second = try rig.member()
        try second.start()
        try eventually("the shards are shared so, not \(first.shards) and \(second.shards)") {
            first.shards.count == 2 && second.shards.count == 2
        }
        try rig.put(0..<500)
        try eventually("all is read, not \(Set(first.texts).count) and \(Set(second.texts).count) records") {
            Set(first.texts + second.texts) == texts(0..<500)
        }
        first.die()
        try eventually("the shards are shared so, not \(second.shards)") { second.shards.count == 4 }
        try rig.put(500..<1_000)
        try eventually("all is read, not \(Set(first.texts).count) and \(Set(second.texts).count) records") {
            Set(first.texts + second.texts) == texts(0..<1_000)
        }
        let third = try rig.member()
        try third.start()
        try eventually("the shards are shared so, not \(third.shards) and \(second.shards)") {
            third.shards.count == 2 && second.shards.count == 2
        }
        second.stop()
        try eventually("the shards are shared so, not \(third.shards)") { third.shards.count == 4 }
        try rig.put(1_000..<1_500)
        try eventually(
            "all is read, not \(Set(first.texts).count) and \(Set(second.texts).count) and \(Set(third.texts).count) records"
        ) {
            Set(first.texts + second.texts + third.texts) == texts(0..<1_500)
        }
        third.stop()
        #expect(first.failure == nil && second.failure == nil && third.failure == nil)
        first.source.stop()
    }

    @Test(
        "across splits and a merge, children are read after their parents and every record once, even if no worker runs then"
    )
    func reshard() throws {
        let rig = try Rig(shards: 1)
        let member = try rig.member()
        try member.start()
        try rig.put(0..<300)
        try rig.split("shardId-000000000000")
        try rig.put(300..<600)
        try eventually("split") { Set(member.texts) == texts(0..<600) && member.shards.count == 2 }
        #expect(try rig.row("shardId-000000000000")?["checkpoint"]?["S"] as? String == "SHARD_END")
        let children = try rig.row("shardId-000000000000")?["childShardIds"]?["SS"] as? [String]
        #expect(children?.sorted() == ["shardId-000000000001", "shardId-000000000002"])
        member.stop()
        try rig.kinesis.call(
            "MergeShards",
            ["StreamName": "s", "ShardToMerge": "shardId-000000000001", "AdjacentShardToMerge": "shardId-000000000002"])
        try rig.put(600..<900)
        try rig.split("shardId-000000000003")
        try rig.put(900..<1_200)
        let next = try rig.member { $0.untilEnd = true }
        try next.start()
        try eventually("merge and split") { next.hasEnded || next.failure != nil }
        next.stop()
        #expect(next.failure == nil)
        #expect(Set(member.texts + next.texts) == texts(0..<1_200))
        // In the order of the lineage: nothing of a child before the last of its parents.
        let order = next.events.all.compactMap { event -> String? in
            switch event {
            case .assigned(let partition, _, _): "+" + partition.name.suffix(1)
            case .ended(let partition, _): "-" + partition.name.suffix(1)
            default: nil
            }
        }
        for (parent, child) in [("1", "3"), ("2", "3"), ("3", "4"), ("3", "5")] {
            let end = try #require(order.firstIndex(of: "-" + parent), "\(order)")
            let begin = try #require(order.firstIndex(of: "+" + child), "\(order)")
            #expect(end < begin, "\(order)")
        }
    }

    @Test("after another worker took a lease, a commit has no effect and no error, and the partition is dropped")
    func stolen() throws {
        let rig = try Rig(shards: 1)
        try rig.put(0..<10)
        let member = try rig.member()
        try member.start()
        try eventually("10 records are read, not \(member.texts.count)") { member.texts.count >= 10 }
        let before = try #require(try rig.row("shardId-000000000000")?["checkpoint"]?["S"] as? String)
        try rig.emulator.session().ask(
            .dynamoDB, "UpdateItem",
            #"{"TableName":"converge","Key":{"leaseKey":{"S":"shardId-000000000000"}},"#
                + #""UpdateExpression":"SET leaseOwner = :o ADD leaseCounter :c","#
                + #""ExpressionAttributeValues":{":o":{"S":"thief"},":c":{"N":"1"}}}"#)
        let position = try #require(Position(sequenceNumber: "99999999999999999999999999999999999999999999999999999999"))
        try member.source.commit([.init(partition: 0, position: position, ended: false)], epoch: "e1")
        // The thief is silent: after a stop of seconds just now the shard may be the member's again, and the commit good.
        let row = try rig.row("shardId-000000000000")
        if row?["leaseOwner"]?["S"] as? String == "thief" { #expect(row?["checkpoint"]?["S"] as? String == before) }
        try eventually("the partition is dropped") { member.dropped == [0] }
        #expect(member.source.figures.leasesLost == 1)
        // The thief is silent, so the shard comes back.
        try eventually("the shards are shared so, not \(member.shards)") { member.shards == ["shardId-000000000000"] }
        #expect(member.source.assignments == (total: 2, kept: 1))
        member.stop()
        #expect(member.failure == nil)
    }

    @Test("with another table epoch everything is read again, finished shards before their children")
    func epochs() throws {
        let rig = try Rig(shards: 1)
        try rig.put(0..<100)
        try rig.split("shardId-000000000000")
        try rig.put(100..<200)
        for epoch in ["e1", "e2"] {
            let member = try rig.member {
                $0.untilEnd = true
                $0.epoch = epoch
            }
            try member.start()
            try eventually("the end of the member") { member.hasEnded || member.failure != nil }
            member.stop()
            expectRead(0..<200, by: member)
            let others = member.events.all.count { if case .otherTable = $0 { true } else { false } }
            #expect(others == (epoch == "e2" ? 3 : 0) || member.source.figures.leasesLost > 0)
        }
    }

    @Test("a shard that has expired is finished, and its children are read")
    func gone() throws {
        let rig = try Rig(shards: 1)
        try rig.put(0..<100)
        let member = try rig.member()
        try member.start()
        try eventually("100 records are read, not \(member.texts.count)") { Set(member.texts).count == 100 }
        member.stop()
        try rig.split("shardId-000000000000")
        try rig.put(100..<200)
        try rig.kinesis.control("trim", ["stream": "s", "shard": "shardId-000000000000", "whole": true])
        let next = try rig.member()
        try next.start()
        try eventually("all is read, not \(Set(next.texts).count) records") { Set(next.texts).isSuperset(of: texts(100..<200)) }
        // Once its children have leases nobody needs the parent's.
        try eventually("the parent's row") { try rig.row("shardId-000000000000") == nil }
        next.stop()
        #expect(next.events.all.contains { if case .gone = $0 { true } else { false } })
    }

    @Test("two streams have separate lease tables, are balanced together, and their records stay separate")
    func streams() throws {
        let rig = try Rig(shards: 1)
        try rig.kinesis.call("CreateStream", ["StreamName": "t", "ShardCount": 1])
        try rig.put(0..<50)
        try rig.put(50..<100, stream: "t")
        let first = try rig.member { $0.streams = ["s", "t=other"] }
        try first.start()
        try eventually("all is read, not \(Set(first.texts).count) records") { Set(first.texts) == texts(0..<100) }
        #expect(try rig.rows("converge-s-us-east-1").count == 1)
        #expect(try rig.rows("other").count == 1)
        let second = try rig.member { $0.streams = ["s", "t=other"] }
        try second.start()
        try eventually("the shards are shared so, not \(first.shards) and \(second.shards)") {
            first.shards.count == 1 && second.shards.count == 1
        }
        first.stop()
        second.stop()
    }

    @Test("a store that keeps positions decides where to start, and these positions are written to the leases")
    func ownPositions() throws {
        let rig = try Rig(shards: 1)
        try rig.put(0..<100)
        let member = try rig.member { $0.epoch = nil }
        try member.start()
        try eventually("100 records are read, not \(member.texts.count)") { Set(member.texts).count == 100 }
        try eventually("the lease has a checkpoint") {
            (try rig.row("shardId-000000000000")?["checkpoint"]?["S"] as? String)?.first?.isNumber == true
        }
        #expect(try rig.row("shardId-000000000000")?["convergeEpoch"] == nil)
        member.stop()
    }

    @Test("an unknown stream ends the run with an error that says what to do")
    func unknown() throws {
        let rig = try Rig(shards: 1)
        let member = try rig.member { $0.streams = ["nowhere"] }
        try member.start()
        try eventually("it fails") { member.failure != nil }
        #expect("\(member.failure!)".contains("no Kinesis stream nowhere in us-east-1"))
        member.stop()
    }

    @Test("with enhanced fan-out everything is read across a split")
    func fanOut() throws {
        let rig = try Rig(shards: 1)
        try rig.put(0..<300)
        let member = try rig.member { $0.fanOut = true }
        try member.start()
        try rig.split("shardId-000000000000")
        try rig.put(300..<600)
        try eventually("all is read, not \(Set(member.texts).count) records, and the children are had, not \(member.shards)") {
            Set(member.texts) == texts(0..<600) && member.shards.count == 2
        }
        member.stop()
        expectRead(0..<600, by: member)
        #expect(try rig.kinesis.calls()["GetRecords"] == nil)
    }

    @Test("a new application starts at the end of its streams, or at a time, if configured")
    func places() throws {
        let rig = try Rig(shards: 1)
        try rig.put(0..<100)
        let late = try rig.member {
            $0.initial = .latest
            $0.application = "late"
        }
        try late.start()
        try eventually("it is at the end") { late.source.figures.lanes.first?.behind == 0 }
        try rig.put(100..<200)
        try eventually("all is read, not \(Set(late.texts).count) records") { Set(late.texts) == texts(100..<200) }
        late.stop()
        let timely = try rig.member {
            $0.initial = .time(0)
            $0.application = "timely"
        }
        try timely.start()
        try eventually("all is read, not \(Set(timely.texts).count) records") { Set(timely.texts) == texts(0..<200) }
        timely.stop()
    }

    @Test(
        "a worker that takes a lease before its first checkpoint starts where the stream's end was when the lease was created")
    func endThatWas() throws {
        let rig = try Rig(shards: 1)
        try rig.put(0..<100)
        let first = try rig.member { $0.initial = .latest }
        try first.start()
        try eventually("it is at the end") { first.source.figures.lanes.first?.behind == 0 }
        first.stop()
        #expect(try rig.row("shardId-000000000000")?["checkpoint"]?["S"] as? String == "LATEST")
        try rig.put(100..<200)
        let second = try rig.member { $0.initial = .latest }
        try second.start()
        try eventually("all is read, not \(Set(second.texts).count) records") { Set(second.texts) == texts(100..<200) }
        second.stop()
    }

    @Test("a stream that was deleted and created again is read from the beginning, whatever the leases of the old one contain")
    func madeAnew() throws {
        let rig = try Rig(shards: 2)
        try rig.put(0..<100)
        let first = try rig.member()
        try first.start()
        try eventually("the shards are shared so, not \(first.shards)") { first.shards.count == 2 }
        try rig.split("shardId-000000000000")
        try eventually("the lease of the parent says that it is finished") {
            (try rig.row("shardId-000000000000")?["checkpoint"]?["S"] as? String) == "SHARD_END"
        }
        try eventually("all is read, not \(Set(first.texts).count) records") { Set(first.texts) == texts(0..<100) }
        first.stop()
        try rig.kinesis.call("DeleteStream", ["StreamName": "s"])
        try rig.kinesis.call("CreateStream", ["StreamName": "s", "ShardCount": 2])
        try rig.put(100..<200)
        let second = try rig.member()
        try second.start()
        try eventually("all is read, not \(Set(second.texts).count) records") { Set(second.texts) == texts(100..<200) }
        second.stop()
        #expect(second.failure == nil)
    }

    @Test("while lease tables do not respond this is reported and commits wait; afterwards everything continues")
    func tablesAway() throws {
        let rig = try Rig(shards: 1)
        let member = try rig.member()
        try member.start()
        try eventually("the shards are shared so, not \(member.shards)") { member.shards.count == 1 }
        rig.emulator.suspend()
        try rig.put(0..<100)
        try eventually("it says that it is cut off") { member.source.figures.isCutOff }
        rig.emulator.resume()
        try eventually("all is read, not \(Set(member.texts).count) records, and it is cut off no more") {
            Set(member.texts) == texts(0..<100) && !member.source.figures.isCutOff
        }
        try eventually("the lease has a checkpoint") {
            (try rig.row("shardId-000000000000")?["checkpoint"]?["S"] as? String)?.first?.isNumber == true
        }
        member.stop()
        expectRead(0..<100, by: member)
        #expect(member.source.assignments.total == 1 || member.source.figures.leasesLost > 0)
    }
}
