package import AWS
package import EngineCore
package import FeedCore

/// The streams of a Region's state tables, as a follower reads them: which shards there are, and what versions of rows tell.
package final class TableStreams: FeedStreams {
    /// `joined`: what is known of an entity, of all its rows, by its key; it tells what merely repeats from what changes. Nil where nothing is known: then
    /// a known value under a newer stamp is told like a change.
    package init(
        _ session: AWSSession, prefix: String, joined: @escaping @Sendable (_ key: [UInt8]) -> [UInt8]? = { _ in nil }
    ) throws(StoreError) {}

    package func list(_ table: String) throws -> (stream: String, shards: [FeedShard]) {
        throw StoreError(.unavailable, "streams cannot be read yet")
    }

    package func read(
        _ shard: FeedBook.ShardName, stream: String, _ place: FeedCursor.Place, ticket: Int
    ) -> FeedAnswer { .failed }

    /// Why the last attempt at a shard came to nothing, by shard; empty where all were read.
    package var troubles: [FeedBook.ShardName: String] { [:] }
}
