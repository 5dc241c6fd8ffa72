import ContactCenter
import EngineCore
import JSON
import Measuring
import Storage

/// What an hour of events costs to keep in DynamoDB: rows written, write units and how many units a row takes, by kind of entity, by flush
/// interval and heartbeat write interval.
enum Amplification {
    /// Milliseconds between two flushes, beside the default.
    private static let flushIntervals: [Int64] = [20, 100, 1_000]

    static func run(events: Int, eventsPerSecond: Int) throws {
        let standard = try PacedWorker.standard()
        for flushInterval in Set(flushIntervals + [standard.flushIntervalMilliseconds]).sorted() {
            for refreshInterval in [standard.refreshIntervalMilliseconds, nil] {
                try measure(
                    PacedWorker(
                        events: events, eventsPerSecond: eventsPerSecond, flushInterval: flushInterval,
                        refreshInterval: refreshInterval))
            }
        }
    }

    private static func measure(_ worker: PacedWorker) throws {
        let item = RowItem(region: "us-east-1", retention: nil)
        let parser = JSONParser()
        var counts: [EntityKind: Count] = [:]
        var failure: (any Error)?
        let (totals, hours) = try worker.run { batches in
            for row in batches.joined() where failure == nil {
                guard let kind = EntityKey(row.key).kind else { continue }
                do { try counts[kind, default: Count()].add(row, item, parser) } catch { failure = error }
            }
        }
        if let failure { throw failure }
        print(worker, totals, hours, counts)
    }

    private static func print(_ worker: PacedWorker, _ totals: Totals, _ hours: Double, _ counts: [EntityKind: Count]) {
        let line = jsonLine { json in
            json.member("flushInterval", worker.flushInterval)
            json.member("heartbeatInterval", worker.refreshInterval ?? 0)
            json.member("events", totals.eventCount)
            json.member("hours", number: "\(hours)")
            json.member("flushes", totals.flushes)
            counts.values.reduce(into: Count()) { $0.add($1) }.write(to: &json)
            json.object("kinds") { json in
                for kind in EntityKind.allCases {
                    guard let count = counts[kind] else { continue }
                    json.object(kind.name) { count.write(to: &$0) }
                }
            }
        }
        Swift.print(line, terminator: "")
    }

    private struct Count {
        /// Rows by the units that each takes: one, two, more.
        var rowsOf = [0, 0, 0]
        var units = 0
        var unitsWithoutValues = 0
        var itemBytes = 0
        var valuesBytes = 0
        var entityBytes = 0
        /// Rows whose entity takes several items.
        var large = 0

        var rows: Int { rowsOf.reduce(large, +) }

        mutating func add(_ row: RowBatch.Row, _ item: RowItem, _ parser: JSONParser) throws {
            entityBytes += row.entity.count
            guard let put = item.put(row, table: "converge-agent") else {
                large += 1
                return
            }
            let size = try ItemSize(put: put.body, parser)
            rowsOf[min(size.units, 3) - 1] += 1
            units += size.units
            unitsWithoutValues += size.unitsWithoutValues
            itemBytes += size.bytes
            valuesBytes += size.valuesBytes
        }

        mutating func add(_ other: Count) {
            for size in rowsOf.indices { rowsOf[size] += other.rowsOf[size] }
            units += other.units
            unitsWithoutValues += other.unitsWithoutValues
            itemBytes += other.itemBytes
            valuesBytes += other.valuesBytes
            entityBytes += other.entityBytes
            large += other.large
        }

        func write(to json: inout JSONWriter) {
            json.member("rows", rows)
            json.member("rowsOfOneUnit", rowsOf[0])
            json.member("rowsOfTwoUnits", rowsOf[1])
            json.member("large", large)
            json.member("units", units)
            json.member("unitsWithoutValues", unitsWithoutValues)
            for (name, bytes) in [("itemBytes", itemBytes), ("valuesBytes", valuesBytes), ("entityBytes", entityBytes)]
                as [(StaticString, Int)]
            {
                json.member(name, number: "\(Double(bytes) / Double(max(rows, 1)))")
            }
        }
    }
}
