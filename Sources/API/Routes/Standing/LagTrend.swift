import JSON
import Platform
import Synchronization

/// The lag of the last hour: a figure every ten seconds of every direction and every Region, in memory. A step without a figure is a gap.
public final class LagTrend: Sendable {
    public static let stepMilliseconds: Int64 = 10_000
    static let stepsMax = 360
    /// Further series are not kept: Regions are few.
    static let seriesMax = 32

    struct Name: Hashable, Comparable {
        var kind: String
        var from: String
        var to: String

        static func < (one: Name, other: Name) -> Bool { (one.kind, one.from, one.to) < (other.kind, other.from, other.to) }
    }

    private struct Book {
        /// The newest step: milliseconds since 1970 by ``stepMilliseconds``; nil: none yet.
        var newest: Int64?
        /// As long as each other, the newest last.
        var series: [Name: [Int64?]] = [:]
        var count: Int { series.values.first?.count ?? 0 }
    }

    private let book = Mutex(Book())

    public init() {}

    /// Writes down what is known at `time`. More than once in a step: the last one counts. A clock that goes back begins anew.
    public func take(_ lag: ProcessStanding.Lag, at time: Timestamp) {
        let step = time.milliseconds / LagTrend.stepMilliseconds
        var found: [Name: Int64?] = [:]
        for link in lag.links { found[Name(kind: "link", from: link.from, to: link.to)] = .some(link.lag) }
        for each in lag.ingest { found[Name(kind: "ingest", from: each.region, to: each.region)] = .some(each.lag) }
        book.withLock { book in
            if let newest = book.newest, step < newest || step - newest >= Int64(LagTrend.stepsMax) { book = Book() }
            let missed = book.newest.map { Int(step - $0) } ?? 1
            let length = min(LagTrend.stepsMax, book.count + missed)
            for name in Set(book.series.keys).union(found.keys) {
                guard book.series[name] != nil || book.series.count < LagTrend.seriesMax else { continue }
                var values = book.series[name] ?? Array(repeating: nil, count: book.count)
                values += Array(repeating: nil, count: missed)
                values.removeFirst(max(0, values.count - length))
                if values.isEmpty { values = [nil] }
                values[values.count - 1] = found[name] ?? nil
                book.series[name] = values
            }
            book.newest = step
        }
    }

    func write(to json: inout JSONWriter) {
        let (newest, series) = book.withLock { ($0.newest, $0.series) }
        json.object { json in
            let count = series.values.first?.count ?? 0
            json.member(
                "begin",
                newest.map { "\(Timestamp(milliseconds: ($0 - Int64(max(0, count - 1))) * LagTrend.stepMilliseconds))" })
            json.array("series") { json in
                for (name, values) in series.sorted(by: { $0.key < $1.key }) {
                    json.object { json in
                        json.member("from", name.from)
                        json.member("kind", name.kind)
                        json.member("to", name.to)
                        json.array("values") { json in
                            for value in values { if let value { json.integer(value) } else { json.null() } }
                        }
                    }
                }
            }
            json.member("stepMs", LagTrend.stepMilliseconds)
        }
    }
}
