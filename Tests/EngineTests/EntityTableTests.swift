import Bytes
import Lattice
import Testing

@testable import Engine

@Suite("the entity table")
struct EntityTableTests {
    @Test("it holds what a dictionary holds through growth and through entities that grow and shrink")
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
            table.removeAll()
            try demand(table.count == 0 && table.residentBytes == 0, "removeAll leaves something")
            try demand(contactKey(1).withUnsafeBytes { table.find($0, hash: $0.hash64) } == nil, "found after removeAll")
        }
    }

    @Test("keys with one hash are told apart by their bytes")
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
