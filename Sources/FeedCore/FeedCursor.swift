/// How far the streams of the tables were read: what a batch carries with its number, so that both are one fact.
package struct FeedCursor: Equatable, Sendable {
    /// A place in a shard.
    package enum Place: Equatable, Sendable {
        /// Its beginning: its parents were read to their end.
        case start
        /// Behind the record of that sequence number.
        case after(String)
        /// Its end. Its children are not known yet.
        case ended
    }

    package struct Shard: Equatable, Sendable {
        package var place: Place
        /// When it was last known that nothing behind the place had been trimmed, in milliseconds since 1970.
        package var seen: Int64
        /// Of a shard that was being written to at a reset: what was written before that time the reset covers; 0 where there is nothing
        /// of that kind any more.
        package var covered: Int64

        package init(_ place: Place, seen: Int64, covered: Int64 = 0) {
            self.place = place
            self.seen = seen
            self.covered = covered
        }
    }

    package struct Table: Equatable, Sendable {
        /// The stream's ARN, which ends in when it was turned on: another one after the table was made anew.
        package var stream: String
        package var shards: [String: Shard] = [:]

        package init(stream: String, shards: [String: Shard] = [:]) {
            self.stream = stream
            self.shards = shards
        }
    }

    /// By name of the table.
    package var tables: [String: Table] = [:]

    package init(tables: [String: Table] = [:]) { self.tables = tables }
}

/// A shard of a table's stream, as the service describes it.
package struct FeedShard: Equatable, Sendable {
    package var id: String
    package var parent: String?
    /// Whether it takes no more records.
    package var isClosed: Bool

    package init(id: String, parent: String? = nil, isClosed: Bool = false) {
        self.id = id
        self.parent = parent
        self.isClosed = isClosed
    }
}
