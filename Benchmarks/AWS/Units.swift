import ContactCenter
import EngineCore
import JSON
import Lattice
import Measuring
import Platform
import Storage

/// Rows and write units of paced events for each way to write a row: with each dictionary and each readable attribute, at the intervals that a worker
/// has by default with DynamoDB, and at others.
///
/// A line of JSON for each way and part of the events: `all`, and `half`, the second one, which a dictionary of the first (`own`) has not seen.
struct Units {
    let events: Int
    let eventsPerSecond: Int

    private struct Intervals {
        let name: String
        let flush: Int64
        let refresh: Int64?
        let ways: [Way]
    }

    /// How rows are written.
    private struct Way {
        /// Which dictionary: `old` is none, and the old format.
        let written: String
        let readable: ReadableAttribute
    }

    /// As the release of 22 November had it.
    private static let flushBefore: Int64 = 100
    func run() throws {
        let standard = try PacedWorker.standard()
        let (flush, refresh) = (standard.flushIntervalMilliseconds, standard.refreshIntervalMilliseconds)
        let own = try trained(flush, refresh, isHalf: true)
        let other = try trained(flush, refresh, OtherCenter())
        let dictionaries = ["own": own, "other": other, "default": RowDictionary.standard]
        let all: [Intervals] = [
            Intervals(
                name: "standard", flush: flush, refresh: refresh,
                ways: [
                    Way(written: "old", readable: .state), Way(written: "default", readable: .state),
                    Way(written: "default", readable: .none), Way(written: "other", readable: .state),
                    Way(written: "other", readable: .stamps), Way(written: "other", readable: .none),
                    Way(written: "own", readable: .state),
                ]),
            Intervals(
                name: "before", flush: Units.flushBefore, refresh: refresh,
                ways: [Way(written: "old", readable: .stamps), Way(written: "old", readable: .none)]),
            Intervals(
                name: "heartbeats at once", flush: flush, refresh: nil, ways: [Way(written: "other", readable: .state)]),
            Intervals(
                name: "flushes of a second", flush: 1_000, refresh: refresh, ways: [Way(written: "other", readable: .state)]),
        ]
        for intervals in all { try measure(intervals, dictionaries) }
    }

    private func worker(_ flush: Int64, _ refresh: Int64?, _ center: OtherCenter? = nil) -> PacedWorker {
        PacedWorker(
            events: events, eventsPerSecond: eventsPerSecond, flushInterval: flush, refreshInterval: refresh, center: center)
    }

    /// When the second half of the events begins.
    private var middle: Int64 {
        worker(0, nil).trafficOptions.start + Int64(events) * 1000 / Int64(eventsPerSecond) / 2
    }

    private func isInSecondHalf(_ row: RowBatch.Row) -> Bool {
        (EntityView(row.entity).latest?.milliseconds ?? 0) >= middle
    }

    // MARK: - Dictionaries

    /// Rows of each kind that `converge tables train` takes unless it is told another number.
    private static let trainedRowsOfKind = 2_000

    /// Of the last row of entities, as many of each kind as `converge tables train` takes from tables; of the first half, or of everything.
    private func trained(
        _ flush: Int64, _ refresh: Int64?, _ center: OtherCenter? = nil, isHalf: Bool = false
    ) throws -> RowDictionary {
        var last: [[UInt8]: [UInt8]] = [:]
        _ = try worker(flush, refresh, center).run { batches in
            for row in batches.joined() where !(isHalf && isInSecondHalf(row)) { last[Array(row.key)] = Array(row.entity) }
        }
        var training = DictionaryTraining()
        // Ids are random, so that every so manieth is as good a choice as that of a table's scan.
        for keys in Dictionary(grouping: last.keys, by: { $0[0] }).sorted(by: { $0.key < $1.key }).map(\.value) {
            let step = (keys.count + Units.trainedRowsOfKind - 1) / Units.trainedRowsOfKind
            let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
            for place in stride(from: 0, to: keys.count, by: step) {
                if let entity = last[sorted[place]] { training.add(sorted[place], entity) }
            }
        }
        return try training.dictionary()
    }

    // MARK: - Counting

    private func measure(_ intervals: Intervals, _ dictionaries: [String: RowDictionary]) throws {
        let items = intervals.ways.map { way in
            RowItem(
                region: "us-east-1", retention: nil, readable: way.readable,
                coding: RegistersCoding(dictionaries[way.written]))
        }
        var whole = [UnitCount](repeating: UnitCount(), count: items.count)
        var half = whole
        let parser = JSONParser()
        var failure: (any Error)?
        let worker = worker(intervals.flush, intervals.refresh)
        let (totals, hours) = try worker.run { batches in
            for row in batches.joined() where failure == nil {
                let isLate = isInSecondHalf(row)
                do {
                    for (place, item) in items.enumerated() {
                        let size = try item.put(row, table: "converge-agent").map { try ItemSize(put: $0.body, parser) }
                        let kind = EntityKey(row.key).kind
                        whole[place].add(kind, size)
                        if isLate { half[place].add(kind, size) }
                    }
                } catch { failure = error }
            }
        }
        if let failure { throw failure }
        for (place, way) in intervals.ways.enumerated() {
            for (part, count) in [("all", whole[place]), ("half", half[place])] {
                let line = jsonLine { json in
                    json.member("intervals", intervals.name)
                    json.member("flushInterval", intervals.flush)
                    json.member("written", way.written)
                    json.member("readable", "\(way.readable)")
                    json.member("part", part)
                    json.member("dictionaryBytes", dictionaries[way.written]?.bytes.count ?? 0)
                    json.member("events", Int64(totals.eventCount) / (part == "half" ? 2 : 1))
                    json.member("hours", number: "\(hours)")
                    count.append(to: &json)
                }
                print(line, terminator: "")
            }
        }
    }
}
