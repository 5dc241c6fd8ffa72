/// How far what one Region writes is behind in another, and how far the two Regions' clocks may be apart.
///
/// Every worker writes a row of its own with the time, again and again, and reads the other Regions' rows: when a time that is new
/// arrives, its age is the lag. A row also says what its worker has seen of the other Regions, and how late, so that each side
/// knows both directions. Sans-I/O: rows and times go in, figures come out. Times are milliseconds since 1970, by this machine's clock.
struct ReplicationWatch: Sendable {
    /// Between two writes of a row.
    static let writeIntervalMilliseconds: Int64 = 1000
    /// How long the least lag counts for the clock offset: twice this at most. Clocks drift some milliseconds in that time.
    static let offsetWindowMilliseconds: Int64 = 60_000

    /// What a row says that its worker has seen of another Region.
    struct Sight: Hashable, Sendable {
        /// The newest time.
        var at: Int64
        /// How late it was, by the clock of the one who saw it.
        var lag: Int64
    }

    /// A worker's row.
    struct Row: Hashable, Sendable {
        var region: String
        var worker: String
        var at: Int64
        var seen: [String: Sight]
        /// The newest format of rows that it reads.
        var reads = Row.readsUnsaid
        /// When it began, and the write units that it has used since, by kind of entity.
        var since: Int64 = 0
        var units: [String: Int64] = [:]
        /// How old the oldest event is that its worker has not written yet, in milliseconds; nil where it does not know.
        var lag: Int64?

        /// What a row that does not say it is of: a program from before it was said.
        static let readsUnsaid: Int64 = 2
    }

    /// The least of a minute or two.
    private struct Least: Sendable {
        private var since: Int64 = .min
        private var current: Int64?
        private var previous: Int64?

        var value: Int64? { [current, previous].compactMap { $0 }.min() }

        mutating func take(_ sample: Int64, at now: Int64) {
            if since == .min || now - since >= offsetWindowMilliseconds || now < since {
                previous = since == .min || now - since >= 2 * offsetWindowMilliseconds ? nil : current
                current = nil
                since = now
            }
            current = min(current ?? sample, sample)
        }
    }

    private struct Link: Sendable {
        var newest: Sight
        /// Seen here, of rows from there.
        var hither = Least()
        /// Seen there, of rows from here: the newest of ours that each of its workers has told of.
        var thither = Least()
        var told: [String: Int64] = [:]
        /// The newest of ours that was seen there, and when the row was written that says so.
        var there: (sight: Sight, toldAt: Int64)?
    }

    let region: String
    private var links: [String: Link] = [:]

    init(region: String) { self.region = region }

    /// Takes in what the table held when `now` was read off the clock. Rows of this Region are passed over.
    mutating func take(_ rows: [Row], at now: Int64) {
        for row in rows where row.region != region {
            let lag = now - row.at
            var link = links[row.region] ?? Link(newest: Sight(at: .min, lag: 0))
            if row.at > link.newest.at {
                link.newest = Sight(at: row.at, lag: lag)
                link.hither.take(lag, at: now)
            }
            if let sight = row.seen[region], link.told[row.worker].map({ sight.at > $0 }) ?? true {
                link.told[row.worker] = sight.at
                link.thither.take(sight.lag, at: now)
            }
            if let sight = row.seen[region], row.at >= link.there?.toldAt ?? .min { link.there = (sight, row.at) }
            links[row.region] = link
        }
        forget(rows)
    }

    /// Regions and workers whose rows have expired.
    private mutating func forget(_ rows: [Row]) {
        let workers = Dictionary(grouping: rows, by: \.region).mapValues { Set($0.map(\.worker)) }
        links = links.filter { workers[$0.key] != nil }
        for (region, link) in links { links[region]?.told = link.told.filter { workers[region]?.contains($0.key) == true } }
    }

    /// What this worker's own row says of the others.
    var seen: [String: Sight] { links.mapValues(\.newest) }

    /// The directions from this Region to others, as their workers have told: how late the newest of ours was there, and how long ago that was told.
    func outgoing(at now: Int64) -> [ReplicationSight] {
        links.sorted { $0.key < $1.key }.compactMap { other, link in
            guard let (sight, toldAt) = link.there else { return nil }
            let overdue = toldAt - sight.at - ReplicationWatch.writeIntervalMilliseconds
            return ReplicationSight(
                from: region, to: other, lagMilliseconds: max(sight.lag, overdue), ageMilliseconds: max(0, now - toldAt))
        }
    }

    /// A direction from another Region to this one.
    func links(at now: Int64) -> [ReplicationLink] {
        links.sorted { $0.key < $1.key }.map { other, link in
            // The next time is due an interval after the last; what is overdue is late by at least that much.
            let overdue = now - link.newest.at - ReplicationWatch.writeIntervalMilliseconds
            var offset: ClosedRange<Int64>?
            if let thither = link.thither.value, let hither = link.hither.value, -thither <= hither {
                offset = -thither...hither
            }
            return ReplicationLink(
                from: other, to: region, lagMilliseconds: max(link.newest.lag, overdue), clockOffsetMilliseconds: offset)
        }
    }
}

/// Replication from one Region to another, as a worker in the latter sees it.
public struct ReplicationLink: Hashable, Sendable {
    public let from: String
    public let to: String
    /// The age of the newest canary row from there when it was first seen here; while the next one is overdue, by how much at least.
    /// Both Regions' clocks are in it, so it may be a little below zero.
    public let lagMilliseconds: Int64
    /// How far this Region's clock is ahead of the other's: within these bounds, as no row arrives before it is written. Nil until
    /// rows were seen in both directions, and where a clock was set meanwhile.
    public let clockOffsetMilliseconds: ClosedRange<Int64>?
}

/// Replication from this Region to another, as a worker there has told.
public struct ReplicationSight: Hashable, Sendable {
    public let from: String
    public let to: String
    /// As ``ReplicationLink/lagMilliseconds``, seen from there.
    public let lagMilliseconds: Int64
    /// How long ago it was told, which took the way back.
    public let ageMilliseconds: Int64
}

/// How far a Region's workers are behind their streams, as their rows say it.
public struct WorkersLag: Hashable, Sendable {
    public let region: String
    /// Of the worker that is furthest; nil: one does not know.
    public let lagMilliseconds: Int64?
    /// Since the oldest of the rows that say so.
    public let ageMilliseconds: Int64
}
