import Lattice
import TestSupport
import Testing

@testable import EngineCore
@testable import EngineSupport
@testable import Observability

@Suite("the entity table", .limited)
struct EntityTableTests {
    @Test("the table equals a dictionary while it grows and its entities grow and shrink")
    func model() {
        forAll(20) { dice in
            var table = EntityTable(capacity: 1 + dice.below(64))
            var plan = JoinPlan()
            var model: [[UInt8]: [UInt8]] = [:]
            for _ in 0..<2_000 {
                let key = dice.key(among: 700)
                let entity = dice.entity(valueBytesMax: dice.chance(20) ? 5_000 : 30)
                key.withUnsafeBytes { key in
                    entity.withUnsafeBytes { entity in
                        if let at = table.find(key, hash: key.hash64) {
                            if plan.make(table.entries[at].entity, EntityView(entity)).changed { table.apply(plan, to: at) }
                        } else {
                            _ = table.insert(key, hash: key.hash64, entity: entity, flags: [])
                        }
                    }
                }
                model[key] = model[key].map { joined($0, entity) } ?? entity
            }
            try demand(table.count == model.count, "\(table.count) entries instead of \(model.count)")
            try demand(table.residentBytes >= model.reduce(0) { $0 + $1.key.count + $1.value.count }, "too few resident bytes")
            for number in 0..<700 {
                let key = contactKey(number)
                let found = key.withUnsafeBytes { key in
                    table.find(key, hash: key.hash64).map { Array(table.entries[$0].entity.bytes) }
                }
                try demand(found == model[key], "the entity of key \(number) differs")
            }
            table.evict(to: 0)
            try demand(table.count == 0 && table.residentBytes == 0, "evict leaves something")
            try demand(contactKey(1).withUnsafeBytes { table.find($0, hash: $0.hash64) } == nil, "found after it was let go")
        }
    }

    @Test("evicted entities are gone, all others are found, and only clean entities are evicted")
    func evictions() {
        forAll(20) { dice in
            var table = EntityTable(capacity: 1 + dice.below(64))
            var model: [[UInt8]: [UInt8]] = [:]
            for _ in 0..<60 {
                for _ in 0..<dice.below(200) {
                    let key = dice.key(among: 2_000)
                    guard model[key] == nil else { continue }
                    let entity = dice.entity()
                    model[key] = entity
                    // Few different hashes, so that many share a home.
                    let hash = key.withUnsafeBytes { $0.hash64 } & 0xFFFF_0000_0000_003F
                    key.withUnsafeBytes { key in
                        entity.withUnsafeBytes {
                            _ = table.insert(key, hash: hash, entity: $0, flags: dice.chance(30) ? .dirty : [])
                        }
                    }
                }
                let bytesMax = dice.chance(4) ? 0 : dice.below(table.residentBytes + 1)
                let dirty = (0..<table.slotCount).filter { table.entries[$0].flags.contains(.dirty) }
                let dirtyKeys = dirty.map { Array(table.entries[$0].key) }
                table.evict(to: bytesMax)
                try demand(table.residentBytes <= bytesMax || table.count == dirty.count, "too much is left")
                var left: [[UInt8]: [UInt8]] = [:]
                for at in 0..<table.slotCount where table.isEntry(at) {
                    left[Array(table.entries[at].key)] = Array(table.entries[at].entity.bytes)
                }
                try demand(left.allSatisfy { model[$0.key] == $0.value }, "an entity differs")
                try demand(dirtyKeys.allSatisfy { left[$0] != nil }, "a dirty entry was let go")
                for key in model.keys {
                    let hash = key.withUnsafeBytes { $0.hash64 } & 0xFFFF_0000_0000_003F
                    let isFound = key.withUnsafeBytes { table.find($0, hash: hash) != nil }
                    try demand(isFound == (left[key] != nil), "a key is found and not there, or there and not found")
                }
                model = left
            }
        }
    }

    @Test("the oldest entities are evicted first, and one that was updated again is spared once")
    func order() {
        var table = EntityTable()
        func isThere(_ number: Int) -> Bool {
            contactKey(number).withUnsafeBytes { table.find($0, hash: $0.hash64) } != nil
        }
        func insert(_ numbers: Range<Int>) {
            for number in numbers {
                contactKey(number).withUnsafeBytes { key in
                    bigEntity(1, at: 1).withUnsafeBytes { _ = table.insert(key, hash: key.hash64, entity: $0, flags: []) }
                }
            }
        }
        insert(0..<100)
        for at in 0..<10 { table.entries[at].flags.insert(.touched) }
        table.evict(to: table.residentBytes * 3 / 4)
        let gone = (0..<100).filter { !isThere($0) }
        #expect(gone.count > 20 && gone == Array(10..<(10 + gone.count)))
        // The hand goes on where it stopped; what was spared is spared no more in the next round.
        let before = table.residentBytes
        insert(100..<125)
        table.evict(to: table.residentBytes - before)
        #expect((100..<125).allSatisfy(isThere))
        #expect(!(0..<10).contains(where: isThere))
    }

    @Test("keys with equal hashes are distinguished by their bytes")
    func collisions() {
        var table = EntityTable(capacity: 1024)
        let hash: UInt64 = 0xFFFF_FFFF_FFFF_FFFF
        for number in 0..<500 {
            contactKey(number).withUnsafeBytes { key in
                bigEntity(number, at: 1).withUnsafeBytes { entity in
                    #expect(table.find(key, hash: hash) == nil)
                    #expect(table.insert(key, hash: hash, entity: entity, flags: []) == number)
                }
            }
        }
        for number in 0..<500 {
            contactKey(number).withUnsafeBytes { #expect(table.find($0, hash: hash) == number) }
        }
    }
}
