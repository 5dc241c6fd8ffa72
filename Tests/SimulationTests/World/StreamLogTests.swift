import TestSupport
import Testing

@testable import Simulation

@Suite("a simulated stream", .limited)
struct StreamLogTests {
    private func key(_ number: Int) -> [UInt8] { Array("key-\(number)".utf8) }

    /// A stream under appends, splits and merges, and what was appended, by key.
    private func history(seed: UInt64, records: Int = 3_000) -> (stream: StreamLog, keys: [Int]) {
        var random = SeededRandom(seed: seed)
        let stream = StreamLog(name: "us-east-1/agent-events", partitions: random.between(1, 8))
        var keys: [Int] = []
        for number in 0..<records {
            if random.chance(0.01) { stream.reshard(&random) }
            keys.append(random.below(200))
            stream.append(key: key(keys[number]), bytes: Array("\(keys[number]) \(number)".utf8), arrival: Int64(number))
        }
        return (stream, keys)
    }

    @Test("the open partitions cover every hash once", arguments: 1...8)
    func cover(partitions: Int) {
        let stream = StreamLog(name: "s", partitions: partitions)
        var random = SeededRandom(seed: UInt64(partitions))
        for _ in 0..<200 {
            let ranges = stream.openPartitions.map { stream.shards[$0].hashes }
            #expect((1...8).contains(ranges.count))
            #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == .max)
            for (low, high) in zip(ranges, ranges.dropFirst()) { #expect(low.upperBound + 1 == high.lowerBound) }
            #expect(stream.reshard(&random))
        }
    }

    @Test(
        "read from parents to children, the stream has every record once, and the records of a key in order",
        arguments: 1...20 as ClosedRange<UInt64>)
    func lineage(seed: UInt64) {
        let (stream, keys) = history(seed: seed)
        #expect(stream.shards.count > 8)
        var read: [[Int]] = Array(repeating: [], count: 200)
        var total = 0
        for (index, shard) in stream.shards.enumerated() {
            #expect(shard.parents.allSatisfy { $0 < index && stream.shards[$0].isClosed })
            #expect(shard.parents.allSatisfy { stream.shards[$0].children.contains(index) })
            #expect(shard.isClosed == !shard.children.isEmpty)
            for record in shard.records {
                let words = String(decoding: record.bytes, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
                #expect(shard.hashes.contains(StreamLog.hash(of: key(words[0]))))
                read[words[0]].append(words[1])
                total += 1
            }
        }
        #expect(total == keys.count && stream.count == keys.count)
        for (number, places) in read.enumerated() {
            #expect(places == keys.indices.filter { keys[$0] == number })
        }
    }

    @Test("equal seeds give equal streams")
    func determinism() {
        let (first, second) = (history(seed: 4).stream, history(seed: 4).stream)
        #expect(first.shards.map(\.records) == second.shards.map(\.records))
        #expect(first.shards.map(\.hashes) == second.shards.map(\.hashes))
        #expect(first.shards.map(\.records) != history(seed: 5).stream.shards.map(\.records))
    }

    @Test("a closed partition ends after its last record; an open one has no end yet")
    func ends() {
        let stream = StreamLog(name: "s", partitions: 1)
        for number in 0..<5 { stream.append(key: key(number), bytes: [1], arrival: 0) }
        #expect(stream.look(0, from: 5, most: 10) == .nothing)
        #expect(stream.look(0, from: 0, most: 10) == .records(5, isLast: false))
        #expect(stream.split(0))
        #expect(stream.look(0, from: 0, most: 4) == .records(4, isLast: false))
        #expect(stream.look(0, from: 0, most: 5) == .records(5, isLast: true))
        #expect(stream.look(0, from: 5, most: 5) == .records(0, isLast: true))
        #expect(stream.append(key: key(1), bytes: [1], arrival: 0)?.partition != 0)
        #expect(!stream.split(0))
        #expect(stream.merge(2, 1) && stream.shards[3].parents == [1, 2])
    }

    @Test("a Region that is down drops new records and does not respond; observers are notified when it is up again")
    func reachability() {
        let stream = StreamLog(name: "s", partitions: 2)
        var told: [Int] = []
        let token = stream.observe { told.append($0) }
        stream.append(key: key(1), bytes: [1], arrival: 0)
        stream.isReachable = false
        #expect(stream.append(key: key(1), bytes: [1], arrival: 0) == nil)
        #expect(stream.dropped == 1 && stream.count == 1)
        #expect(stream.look(0, from: 0, most: 1) == .unreachable)
        var random = SeededRandom(seed: 1)
        #expect(!stream.reshard(&random))
        told.removeAll()
        stream.isReachable = true
        #expect(told == [0, 1])
        stream.forget(token)
        stream.append(key: key(1), bytes: [1], arrival: 0)
        #expect(told == [0, 1])
    }
}
