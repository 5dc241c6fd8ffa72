/// The workers that are at work, by their canary rows, and whether all of them read a format of rows. Sans-I/O.
package struct LiveWorkers {
    /// A worker writes its row every second; one whose row is older has ended.
    static let liveMilliseconds: Int64 = 300_000

    /// A row a worker, the newest that any Region has of it, by Region and name.
    let rows: [ReplicationWatch.Row]

    /// `rows`: of all Regions' tables; a worker's may be among them several times. `now`: milliseconds since 1970.
    init(_ rows: [ReplicationWatch.Row], at now: Int64) {
        var newest: [[String]: ReplicationWatch.Row] = [:]
        for row in rows where row.at >= now - LiveWorkers.liveMilliseconds {
            let known = newest[[row.region, row.worker]]
            if known.map({ $0.at < row.at }) ?? true { newest[[row.region, row.worker]] = row }
        }
        self.rows = newest.values.sorted { ($0.region, $0.worker) < ($1.region, $1.worker) }
    }

    /// A worker as it tells of itself.
    package struct Worker: Equatable, Sendable {
        package let region: String
        package let name: String
        /// The newest format of rows that it reads.
        package let reads: Int64
    }

    package var workers: [Worker] { rows.map { Worker(region: $0.region, name: $0.worker, reads: $0.reads) } }

    /// Why rows of a format cannot be written yet: a sentence for each worker that does not read it, and for each Region with workers that is
    /// not among `regions`. Empty: nothing stands against it.
    package func objections(to format: Int64, in regions: [String]) -> [String] {
        let behind = rows.filter { $0.reads < format }.map {
            "the worker \($0.worker) of \($0.region) does not read format \(format): run a newer program there; one that has ended counts for five minutes"
        }
        let strangers = Set(rows.map(\.region)).subtracting(regions).sorted().map {
            "workers of \($0) share the tables: add \($0) to --regions"
        }
        return behind + strangers
    }

    /// Those of the Regions of which no worker tells anything: it has ended, is a record processor of the Kinesis Client Library, or is cut off.
    package func silent(of regions: [String]) -> [String] {
        let heard = Set(rows.map(\.region))
        return regions.filter { !heard.contains($0) }
    }

    /// A worker that has run for less says little of a month.
    static let countedMilliseconds: Int64 = 600_000

    private var counted: [ReplicationWatch.Row] {
        rows.filter { !$0.units.isEmpty && $0.at - $0.since >= LiveWorkers.countedMilliseconds }
    }

    /// Write units a second that their rows take, by kind of entity; empty where no worker has counted for ten minutes.
    package var unitsPerSecond: [String: Double] {
        var rates: [String: Double] = [:]
        for row in counted {
            for (kind, units) in row.units { rates[kind, default: 0] += Double(units) * 1000 / Double(row.at - row.since) }
        }
        return rates
    }

    /// For how long the worker that began last has counted.
    package var countedMinutes: Int64 { (counted.map { $0.at - $0.since }.min() ?? 0) / 60_000 }
}
