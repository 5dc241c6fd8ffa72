/// Batches of a Region's feed, as they lie somewhere. Called on one thread.
package protocol FeedLog: Sendable {
    /// Batches after a number, ascending, as many as one request brings; `after` nil: the newest one, if there is one. Throws where nobody
    /// knows.
    func batches(after number: UInt64?) throws -> [FeedBatch]

    /// Writes a batch where there is none of its number.
    func write(_ batch: FeedBatch) -> FeedBook.Outcome

    /// Why nobody knows what became of the last write, for people; nil where it is known. Called on any thread.
    var trouble: String? { get }
}

/// The streams of a Region's state tables.
package protocol FeedStreams: Sendable {
    /// The stream of a table, and all its shards. Throws what is wrong for people: there is no stream, or it may not be read.
    func list(_ table: String) throws -> (stream: String, shards: [FeedShard])

    /// What comes next in a shard. While `ticket` is the same for a shard, the reading goes on behind the last answer; another one begins at
    /// `place`. Called on one thread a shard.
    func read(_ shard: FeedBook.ShardName, stream: String, _ place: FeedCursor.Place, ticket: Int) -> FeedAnswer

    /// Why shards did not answer the last time, for people. Called on any thread.
    var troubles: [FeedBook.ShardName: String] { get }

    /// How many versions of rows were passed over since the start because no program can read them, and why the last one cannot be read.
    var damage: (count: Int, latest: String?) { get }
}
