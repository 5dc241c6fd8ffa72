import EngineCore
import JSON
import Measuring
import Storage

/// What an hour of events costs to keep in DynamoDB: rows written and write units, by flush interval and heartbeat write interval.
enum Amplification {
    static func run(events: Int, eventsPerSecond: Int) throws {
        let standard = try PacedWorker.standard()
        for flushInterval in [standard.flushIntervalMilliseconds, 1_000] {
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
        var count = Count()
        var failure: (any Error)?
        let (totals, hours) = try worker.run { batches in
            for row in batches.joined() where failure == nil {
                do { try count.add(row, item, parser) } catch { failure = error }
            }
        }
        if let failure { throw failure }
        count.print(worker, totals, hours)
    }

    private struct Count {
        var rows = 0
        var units = 0
        var unitsWithoutValues = 0
        var itemBytes = 0
        var valuesBytes = 0
        var entityBytes = 0
        /// Rows whose entity takes several items.
        var large = 0

        mutating func add(_ row: RowBatch.Row, _ item: RowItem, _ parser: JSONParser) throws {
            rows += 1
            entityBytes += row.entity.count
            guard let put = item.put(row, table: "converge-agent") else {
                large += 1
                return
            }
            let size = try ItemSize(put: put.body, parser)
            units += size.units
            unitsWithoutValues += size.unitsWithoutValues
            itemBytes += size.bytes
            valuesBytes += size.valuesBytes
        }

        func print(_ worker: PacedWorker, _ totals: Totals, _ hours: Double) {
            let fields: [(StaticString, Double)] = [
                ("flushInterval", Double(worker.flushInterval)), ("heartbeatInterval", Double(worker.refreshInterval ?? 0)),
                ("events", Double(totals.eventCount)), ("hours", hours), ("flushes", Double(totals.flushes)),
                ("rows", Double(rows)), ("large", Double(large)), ("units", Double(units)),
                ("unitsWithoutValues", Double(unitsWithoutValues)), ("itemBytes", Double(itemBytes) / Double(rows)),
                ("valuesBytes", Double(valuesBytes) / Double(rows)), ("entityBytes", Double(entityBytes) / Double(rows)),
            ]
            let line = jsonLine { json in for (name, value) in fields { json.member(name, number: "\(value)") } }
            Swift.print(line, terminator: "")
        }
    }
}
