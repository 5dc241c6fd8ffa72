import EngineCore

@testable import Simulation

/// A table, its clock and its weather, with a log of every change.
final class GlobalTableWorld {
    struct Change: Equatable {
        var time: Int64
        var replica: Int
        var key: [UInt8]
        var writer: Int
        var before: TableRow?
        var after: TableRow?
    }

    let agenda = Agenda(start: 1_000_000)
    let weather: Weather
    let table: GlobalTable
    /// What each Region's clock is off by.
    var offsets: [Int64]
    var changes: [Change] = []

    init(_ design: GlobalTable.Design = .rowPerRegion, regions: Int = 2, seed: UInt64 = 1) {
        weather = Weather(agenda: agenda, random: SeededRandom(seed: seed ^ 0xFF))
        offsets = Array(repeating: 0, count: regions)
        let clocks = Clocks()
        table = GlobalTable(
            regions: regions, design: design, agenda: agenda, weather: weather, random: SeededRandom(seed: seed),
            clockOffset: { clocks.world?.offsets[$0] ?? 0 })
        clocks.world = self
        table.onChange = { [unowned self] in
            changes.append(Change(time: agenda.now, replica: $0, key: $1, writer: $2, before: $3, after: $4))
        }
    }

    private final class Clocks {
        weak var world: GlobalTableWorld?
    }

    /// A fault over a Region from now on.
    func begin(_ fault: Fault, in region: Int, for duration: Int64 = 1_000_000_000) {
        weather.add(.init(fault: fault, region: region, start: agenda.now, end: agenda.now + duration))
    }

    /// Runs until `duration` milliseconds from now.
    func pass(_ duration: Int64) {
        let end = agenda.now + duration
        agenda.at(end) {}
        while let next = agenda.next, next <= end { _ = agenda.step() }
    }

    /// Runs until the table is quiet; false when it is not within a thousand seconds.
    @discardableResult
    func settle() -> Bool {
        let end = agenda.now + 1_000_000
        while !table.isQuiet, let next = agenda.next, next <= end { _ = agenda.step() }
        return table.isQuiet
    }

    func write(in region: Int, _ rows: [RowWrite]) -> WriteAnswer? {
        var result: WriteAnswer?
        table.write(in: region, rows) { result = $0 }
        while result == nil, agenda.step() {}
        return result
    }

    func read(in region: Int, _ keys: [String]) -> ReadAnswer? {
        var result: ReadAnswer?
        table.read(in: region, keys.map { Array($0.utf8) }) { result = $0 }
        while result == nil, agenda.step() {}
        return result
    }

    func epoch(in region: Int) -> String? {
        var result: String??
        table.epoch(in: region) { result = .some($0) }
        while result == nil, agenda.step() {}
        return result ?? nil
    }

    func value(_ key: String, writer: Int, in replica: Int) -> String? {
        table.row(Array(key.utf8), writer: writer, in: replica).map { String(decoding: $0.entity, as: UTF8.self) }
    }

    /// What can be read in a replica, a line a row.
    func lines(in replica: Int) -> [String] {
        table.rows(in: replica).map { key, writer, row in
            "\(String(decoding: key, as: UTF8.self)) \(writer) \(row.revision.count) \(String(decoding: row.entity, as: UTF8.self))"
        }
    }
}

/// A write of a row whose revisions are plain numbers: 0 is no row.
func put(_ key: String, _ value: String, _ expected: UInt64, _ revision: UInt64, by writer: UInt64 = 7) -> RowWrite {
    RowWrite(
        key: Array(key.utf8), entity: Array(value.utf8),
        expected: expected == 0 ? .none : Revision(writer: writer, count: expected),
        revision: Revision(writer: writer, count: revision))
}
