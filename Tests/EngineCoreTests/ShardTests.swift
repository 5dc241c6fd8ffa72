import EngineCore
import Lattice
import Observability
import Platform
import Storage
import TestSupport
import Testing

@testable import EngineSupport

/// A shard beside the dictionary that it must agree with.
private struct Pair {
    let shard: Shard
    var model: [[UInt8]: [UInt8]] = [:]

    mutating func merge(_ key: [UInt8], _ entity: [UInt8]) -> Bool {
        let before = model[key]
        model[key] = before.map { joined($0, entity) } ?? entity
        return shard.merge(key, entity)
    }
}

extension Shard {
    @discardableResult
    fileprivate func merge(_ key: [UInt8], _ entity: [UInt8]) -> Bool {
        key.withUnsafeBytes { key in entity.withUnsafeBytes { merge(key, hash: key.hash64, EntityView($0)) } }
    }

    fileprivate var contents: [[UInt8]: [UInt8]] {
        var contents: [[UInt8]: [UInt8]] = [:]
        forEach { contents[Array($0)] = Array($1) }
        return contents
    }

    fileprivate func take(_ store: any Store = MemoryStore()) throws -> [[UInt8]: [UInt8]] {
        let rows = RowBatch()
        try takeRows(into: rows, from: store)
        return rows.contents
    }
}

extension RowBatch {
    fileprivate var contents: [[UInt8]: [UInt8]] {
        Dictionary(uniqueKeysWithValues: map { (Array($0.key), Array($0.entity)) })
    }
}

@Suite("a state shard", .limited)
struct ShardTests {
    @Test("a state shard has the join of all updates of a key, and reports whether an update changed something")
    func model() {
        forAll(20) { dice in
            var pair = Pair(shard: Shard(index: 0))
            for _ in 0..<1_500 {
                let key = dice.key(among: 200)
                let before = pair.model[key]
                let changed = pair.merge(key, dice.entity())
                try demand(changed == (before != pair.model[key]), "changed is \(changed)")
            }
            try demand(pair.shard.contents == pair.model, "the shard differs from the model")
            try demand(pair.shard.entityCount == pair.model.count, "wrong count")
        }
    }

    @Test("a flush takes exactly the keys that changed since the last one, and dirty bytes are their size")
    func dirty() {
        forAll(20) { dice in
            var pair = Pair(shard: Shard(index: 0))
            var expected: Set<[UInt8]> = []
            for _ in 0..<600 {
                let key = dice.key(among: 60)
                if pair.merge(key, dice.entity()) { expected.insert(key) }
                let bytes = expected.reduce(0) { $0 + $1.count + (pair.model[$1] ?? []).count }
                try demand(pair.shard.dirtyBytes == bytes, "\(pair.shard.dirtyBytes) dirty bytes instead of \(bytes)")
                guard dice.chance(25) else { continue }
                let taken = try pair.shard.take()
                try demand(taken == pair.model.filter { expected.contains($0.key) }, "took other rows")
                try demand(pair.shard.dirtyBytes == 0, "something is dirty after a flush")
                expected = []
            }
        }
    }

    @Test("a repeated update makes nothing dirty")
    func duplicates() throws {
        let shard = Shard(index: 0)
        shard.merge(contactKey(1), bigEntity(10, at: 1))
        _ = try shard.take()
        #expect(!shard.merge(contactKey(1), bigEntity(10, at: 1)))
        #expect(!shard.merge(contactKey(1), bigEntity(90, at: 0)))
        #expect(shard.dirtyBytes == 0)
        #expect(try shard.take().isEmpty)
    }

    @Test("a key that may have a row in the store is joined with the row before it is written")
    func cold() throws {
        let store = MemoryStore()
        let stored = RowBatch()
        var dice = Dice(seed: 3)
        let row = dice.entity()
        contactKey(1).withUnsafeBytes { key in row.withUnsafeBytes { stored.append(key: key, entity: $0) } }
        try store.write(Flush(rows: [stored], checkpoints: []))

        let shard = Shard(index: 0, storeMayHoldRows: true)
        let told = dice.entity()
        shard.merge(contactKey(1), told)
        shard.merge(contactKey(2), told)
        #expect(try shard.take(store) == [contactKey(1): joined(row, told), contactKey(2): told])
        // By now both are known: the store is not asked again.
        let later = bigEntity(5, at: 99)
        shard.merge(contactKey(1), later)
        #expect(try shard.take() == [contactKey(1): joined(joined(row, told), later)])
    }

    @Test("evicted entities are read again when updated: with any flushes and evictions the store loses no fact")
    func eviction() {
        forAll(15) { dice in
            let store = MemoryStore()
            var pair = Pair(shard: Shard(index: 0))
            for _ in 0..<40 {
                for _ in 0..<dice.below(60) { _ = pair.merge(dice.key(among: 80), dice.entity()) }
                let rows = RowBatch()
                try pair.shard.takeRows(into: rows, from: store)
                if dice.chance(2) {
                    let bytesMax = dice.chance(3) ? 0 : dice.below(pair.shard.residentBytes + 1)
                    pair.shard.evict(to: bytesMax)
                    try demand(pair.shard.residentBytes <= bytesMax, "evict leaves too much")
                }
                try store.write(Flush(rows: [rows], checkpoints: []))
            }
            var stored: [[UInt8]: [UInt8]] = [:]
            try store.scan { stored[Array($0)] = Array($1) }
            try demand(stored == pair.model, "the store differs from the model")
        }
    }

    @Test("an entity may grow to a megabyte without damage to it or its neighbours")
    func growing() {
        var pair = Pair(shard: Shard(index: 0))
        for size in stride(from: 1, to: 1 << 20, by: 50_000) {
            _ = pair.merge(contactKey(1), bigEntity(size, at: size))
            _ = pair.merge(contactKey(size % 7), bigEntity(3, at: size))
        }
        #expect(pair.shard.contents == pair.model)
    }
}
