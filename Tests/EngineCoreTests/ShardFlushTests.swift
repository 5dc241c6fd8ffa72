import Lattice
import TestSupport
import Testing

@testable import EngineCore
@testable import EngineSupport
@testable import Observability

/// A worker of one shard over a table that others share. Its flushes advance a step at a time.
private final class Writer {
    private enum Step {
        case resting
        case gathering(refused: RowBatch?)
        case writing(RowBatch)
    }

    let shard: Shard
    let store: ConditionalStore
    private var step = Step.resting
    /// What this worker was told, all of it, and until the flush that is under way.
    private var told: [[UInt8]: [UInt8]] = [:]
    private var due: [[UInt8]: [UInt8]] = [:]

    init(_ writer: UInt64, _ store: ConditionalStore) {
        shard = Shard(index: 0, storeMayHoldRows: true, writer: writer)
        self.store = store
    }

    var isResting: Bool { if case .resting = step { true } else { false } }

    func merge(_ key: [UInt8], _ entity: [UInt8]) {
        told[key] = told[key].map { joined($0, entity) } ?? entity
        _ = key.withUnsafeBytes { key in entity.withUnsafeBytes { shard.merge(key, hash: key.hash64, EntityView($0)) } }
    }

    func advance(evicting: Bool) throws {
        switch step {
        case .resting:
            due = told
            step = .gathering(refused: nil)
        case .gathering(let refused):
            let rows = RowBatch()
            do { try shard.takeRows(into: rows, refused: refused, from: store) } catch { return }
            if evicting, refused == nil { shard.evict(to: shard.residentBytes / 2) }
            step = .writing(rows)
        case .writing(let rows):
            do {
                if let refused = try store.write(Flush(rows: [rows], checkpoints: [])) {
                    step = .gathering(refused: refused)
                } else {
                    try finish()
                }
            } catch is StoreError {}
        }
        try demand(shard.dirtyBytes == bytesOfDirtyEntities, "\(shard.dirtyBytes) dirty bytes, not \(bytesOfDirtyEntities)")
    }

    private func finish() throws {
        step = .resting
        let rows = store.entities
        for (key, entity) in due {
            try demand(
                entity.withUnsafeBytes { isContained($0, in: rows[key]) },
                "a flush is over and what was told is not in the table")
        }
    }

    private var bytesOfDirtyEntities: Int {
        (0..<shard.table.slotCount).filter { shard.table.entries[$0].flags.contains(.dirty) }
            .reduce(0) { $0 + shard.table.entries[$1].byteCount }
    }

    /// A whole flush over a table that answers.
    func flush() throws {
        repeat { try advance(evicting: false) } while !isResting
    }
}

@Suite("the flush of a state shard over a shared table", .limited)
struct ShardFlushTests {
    @Test(
        "with two writers, refused rows, lost responses and evictions, all flushed facts are in the table, and no row moves back"
    )
    func twoWriters() {
        forAll(20) { dice in
            let store = ConditionalStore(seed: dice.next(), failures: .init(reads: 5, writes: 6, rows: 8))
            let writers = [Writer(1, store), Writer(2, store)]
            var model: [[UInt8]: [UInt8]] = [:]
            let keys = 3 + dice.below(20)
            let evicting = 1 + dice.below(8)
            for _ in 0..<1_000 {
                let writer = writers[dice.below(2)]
                if dice.chance(3) {
                    let (key, entity) = (dice.key(among: keys), dice.entity())
                    model[key] = model[key].map { joined($0, entity) } ?? entity
                    writer.merge(key, entity)
                } else {
                    try writer.advance(evicting: dice.chance(evicting))
                }
            }
            store.stopFailing()
            for writer in writers {
                if !writer.isResting { try writer.flush() }
                try writer.flush()
            }
            try demand(store.entities == model, "the table differs from what was told")
            try demand(store.violations == [], "\(Set(store.violations))")
        }
    }

    @Test("an entity equal to its row is not written, and a later change is written over that row's revision")
    func equal() throws {
        let store = ConditionalStore()
        let (first, second) = (Writer(1, store), Writer(2, store))
        first.merge(contactKey(1), bigEntity(10, at: 1))
        try first.flush()
        second.merge(contactKey(1), bigEntity(10, at: 1))
        try second.flush()
        #expect(store.writes == 1)
        #expect(store.rows[contactKey(1)]?.revision == Revision(writer: 1, count: 1))
        second.merge(contactKey(1), bigEntity(20, at: 2))
        try second.flush()
        #expect(store.writes == 2)
        #expect(store.rows[contactKey(1)] == .init(entity: bigEntity(20, at: 2), revision: Revision(writer: 2, count: 2)))
    }

    @Test("a row that another writer changed first is read, joined and written over the other's revision")
    func overtaken() throws {
        let store = ConditionalStore()
        let (first, second) = (Writer(1, store), Writer(2, store))
        var dice = Dice(seed: 5)
        let entities = (0..<3).map { _ in dice.entity() }
        first.merge(contactKey(1), entities[0])
        try first.flush()
        second.merge(contactKey(1), entities[1])
        try second.flush()
        first.merge(contactKey(1), entities[2])
        try first.flush()
        #expect(store.entities == [contactKey(1): joined(joined(entities[0], entities[1]), entities[2])])
        #expect(store.violations == [])
    }

    @Test("a row that was deleted and created again is not mistaken for the previous row")
    func deleted() throws {
        let store = ConditionalStore()
        let (first, second) = (Writer(1, store), Writer(2, store))
        var dice = Dice(seed: 9)
        let (old, new, other) = (bigEntity(10, at: 1), bigEntity(10, at: 2), dice.entity())
        first.merge(contactKey(1), old)
        try first.flush()
        // The second one knows the row by what the first has called it.
        second.merge(contactKey(1), old)
        try second.flush()
        store.delete(contactKey(1))
        first.merge(contactKey(1), new)
        try first.flush()
        second.merge(contactKey(1), other)
        try second.flush()
        #expect(store.entities == [contactKey(1): joined(new, other)])
        #expect(store.violations == [])
    }

    /// Two rows of a shard, taken and refused.
    private func refused(_ shard: Shard) -> RowBatch {
        let rows = RowBatch()
        for number in 1...2 {
            contactKey(number).withUnsafeBytes { key in
                bigEntity(number, at: 1).withUnsafeBytes { _ = shard.merge(key, hash: key.hash64, EntityView($0)) }
            }
        }
        shard.gather()
        shard.takeRows(into: rows)
        return rows
    }

    @Test("refused rows that were only partly read are read again, and no key twice")
    func readInPart() {
        let shard = Shard(index: 0, writer: 1)
        let rows = refused(shard)
        shard.gather(refused: rows)
        // The first one turns out to be written, and then the reading fails.
        bigEntity(1, at: 1).withUnsafeBytes { shard.load(0, $0, Revision(writer: 1, count: 1)) }
        shard.gather(refused: rows)
        #expect(shard.coldKeys?.map { Array($0.key) }.sorted { $0.count < $1.count } == [contactKey(1), contactKey(2)])
        bigEntity(1, at: 1).withUnsafeBytes { entity in
            for (number, key) in (shard.coldKeys ?? RowBatch()).enumerated() where Array(key.key) == contactKey(1) {
                shard.load(number, entity, Revision(writer: 1, count: 1))
            }
        }
        let again = RowBatch()
        shard.takeRows(into: again)
        #expect(again.map { Array($0.key) } == [contactKey(2)])
        #expect(again.map(\.expected) == [.none])
    }

    @Test("refused rows return to a state shard that has evicted their entities")
    func evicted() {
        let shard = Shard(index: 0, writer: 1)
        let rows = refused(shard)
        shard.evict(to: 0)
        shard.gather(refused: rows)
        #expect(shard.coldKeys?.count == 2)
        #expect(shard.dirtyBytes == 0)
        let again = RowBatch()
        shard.takeRows(into: again)
        #expect(again.map { Array($0.entity) } == [bigEntity(1, at: 1), bigEntity(2, at: 1)])
    }

    @Test("a refused row is rewritten with later changes, which are then not dirty, and does not count as an update")
    func alongside() {
        let shard = Shard(index: 0, writer: 1)
        let rows = refused(shard)
        contactKey(1).withUnsafeBytes { key in
            bigEntity(30, at: 2).withUnsafeBytes { _ = shard.merge(key, hash: key.hash64, EntityView($0)) }
        }
        let counts = shard.counts
        #expect(shard.dirtyBytes == contactKey(1).count + bigEntity(30, at: 2).count)
        shard.gather(refused: rows)
        #expect(shard.dirtyBytes == 0)
        let again = RowBatch()
        shard.takeRows(into: again)
        #expect(again.map { Array($0.entity) } == [bigEntity(30, at: 2), bigEntity(2, at: 1)])
        shard.gather()
        shard.takeRows(into: again)
        #expect(again.count == 2)
        #expect((shard.counts.won, shard.counts.lost, shard.counts.ties) == (counts.won, counts.lost, counts.ties))
    }
}
