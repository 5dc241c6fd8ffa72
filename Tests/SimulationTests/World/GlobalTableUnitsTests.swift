import ContactCenter
import EngineCore
import TestSupport
import Testing

@testable import Simulation

@Suite("write units of the simulated global table", .limited)
struct GlobalTableUnitsTests {
    /// A put of an item of so many bytes.
    private func item(_ key: String, bytes: Int, _ expected: UInt64, _ revision: UInt64) -> RowWrite {
        let entity = bytes - ItemSize.bytes(key: key.utf8.count, entity: 0, isCompressed: false)
        return put(key, String(repeating: "x", count: entity), expected, revision)
    }

    @Test(
        "a put takes a unit for each 1,024 bytes that are begun, and an item of more than 400 KB is refused for good",
        arguments: [
            (100, 1), (1_024, 1), (1_025, 2), (2_048, 2), (2_049, 3), (400 << 10, 400), (400 << 10 + 1, nil),
        ] as [(Int, Int?)])
    func sizes(bytes: Int, units: Int?) {
        let world = GlobalTableWorld(regions: 3)
        let answer = world.write(in: 0, [item("a", bytes: bytes, 0, 1)])
        #expect(answer == .rows([units.map { .written(units: $0) } ?? .tooLarge]))
        world.settle()
        #expect(world.table.units.written == units ?? 0)
        #expect(world.table.units.replicated == 2 * (units ?? 0))
        #expect(world.table.units.refused == 0)
    }

    @Test(
        "a dictionary makes large rows much smaller and small ones hardly, never larger than their encoding by more than its name"
    )
    func compressed() {
        func bytes(_ entity: Int) -> (plain: Int, compressed: Int) {
            (
                ItemSize.bytes(key: 20, entity: entity, isCompressed: false),
                ItemSize.bytes(key: 20, entity: entity, isCompressed: true)
            )
        }
        for size in stride(from: 0, through: 20_000, by: 50) { #expect(bytes(size).compressed <= bytes(size).plain + 8) }
        #expect(ItemSize.units(bytes(3_040).plain) == 4 && ItemSize.units(bytes(3_040).compressed) == 1)
        #expect(bytes(200).compressed > 200)

        let world = GlobalTableWorld()
        var row = put("a", String(repeating: "x", count: 3_040), 0, 1)
        #expect(world.write(in: 0, [row]) == .rows([.written(units: 4)]))
        row.dictionary = 1
        (row.expected, row.revision) = (row.revision, Revision(writer: 7, count: 2))
        #expect(world.write(in: 0, [row]) == .rows([.written(units: 1)]))
        #expect(world.table.units.written == 5)
    }

    @Test("a put whose condition fails takes the units of the item that is there, and one where there is none")
    func refused() {
        let world = GlobalTableWorld()
        #expect(world.write(in: 0, [item("a", bytes: 500, 3, 4)]) == .rows([.conflict]))
        #expect(world.table.units.refused == 1)
        _ = world.write(in: 0, [item("a", bytes: 5_000, 0, 1)])
        #expect(world.write(in: 0, [item("a", bytes: 500, 0, 1)]) == .rows([.conflict]))
        #expect(world.table.units.refused == 6 && world.table.units.written == 5)
    }

    @Test("an older version takes its units in a replica that has a newer one")
    func late() {
        let world = GlobalTableWorld(.itemPerEntity)
        world.begin(.replicationLag, in: 0)
        for _ in 0..<20 {
            _ = world.write(in: 0, [item("a", bytes: 2_000, 0, 1)])
            _ = world.write(in: 1, [item("a", bytes: 2_000, 0, 1)])
        }
        world.settle()
        #expect(world.table.units.written == 80 && world.table.units.replicated == 80)
    }

    @Test("a worker's account has the units of its rows by kind, if it heard of them")
    func accounts() {
        let world = GlobalTableWorld()
        func write(_ worker: Int, _ kind: EntityKind, bytes: Int, _ revision: UInt64) {
            var row = item("xy", bytes: bytes, revision - 1, revision)
            row.key[0] = kind.rawValue
            world.table.write(in: 0, by: worker, [row]) { _ in }
            world.settle()
        }
        write(1, .agent, bytes: 3_000, 1)
        write(1, .agent, bytes: 3_000, 2)
        write(1, .contact, bytes: 500, 1)
        write(2, .contact, bytes: 1_500, 2)
        write(2, .contact, bytes: 1_500, 2)
        func account(_ worker: Int) -> GlobalTable.Account { world.table.accounts[worker] ?? GlobalTable.Account() }
        #expect(account(1).units(.agent) == 6 && account(1).units(.contact) == 1 && account(1).units(.flow) == 0)
        #expect(account(2).units(.agent) == 0 && account(2).units(.contact) == 2)
        world.begin(.lostAnswer, in: 0)
        for revision in UInt64(3)..<43 { write(2, .contact, bytes: 500, revision) }
        let heard = account(2).units(.contact) - 2
        #expect(heard > 5 && heard < 40 && world.table.units.written == 7 + 2 + 40)
    }

    @Test("where units are few, a Region takes about so many in each second, and what is throttled is not written")
    func few() {
        let world = GlobalTableWorld()
        world.table.unitsPerSecond[0] = 5
        world.begin(.fewUnits, in: 0)
        world.pass(1_000 - world.agenda.now % 1_000)
        for second in 0..<3 {
            let rows = (0..<20).map { item("\(second)/\($0)", bytes: 500, 0, 1) }
            guard case .rows(let answers)? = world.write(in: 0, rows) else {
                Issue.record("no answer")
                return
            }
            #expect(answers.count { $0 == .written(units: 1) } == 5 && answers.count { $0 == .refused } == 15)
            for (row, answer) in zip(rows, answers) {
                let key = String(decoding: row.key, as: UTF8.self)
                #expect((world.value(key, writer: 0, in: 0) != nil) == (answer == .written(units: 1)))
            }
            #expect(
                world.write(in: 1, rows.map { $0 }) == .rows(rows.map { _ in .written(units: 1) }), "another Region has its own"
            )
            world.pass(1_000)
        }
        #expect(
            world.write(in: 0, [item("large", bytes: 50_000, 0, 1)]) == .rows([.written(units: 49)]),
            "a large one is not starved")
    }

    @Test("a worker that does not wait although it is throttled is noticed, and one that waits is not")
    func haste() {
        let world = GlobalTableWorld()
        world.table.unitsPerSecond[0] = 1
        var hasty: Set<Int> = []
        world.table.onHaste = { hasty.insert($0) }
        world.begin(.fewUnits, in: 0)
        for second in 0..<5 {
            let rows = (0..<3).map { item("\(second)/\($0)", bytes: 500, 0, 1) }
            for _ in 0..<5 {
                world.table.write(in: 0, by: 1, rows) { _ in }
                world.pass(200)
            }
        }
        #expect(hasty.isEmpty)
        for round in 0..<60 {
            world.table.write(in: 0, by: 2, (0..<3).map { item("\(round)/\($0)", bytes: 500, 0, 1) }) { _ in }
        }
        world.settle()
        #expect(hasty == [2])
    }
}
