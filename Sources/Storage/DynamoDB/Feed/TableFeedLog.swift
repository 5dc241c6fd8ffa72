package import AWS
package import EngineCore
package import FeedCore

/// The feed's log of a Region in the table `PREFIX-feed`: an item a batch.
package final class TableFeedLog: FeedLog {
    package init(_ session: AWSSession, prefix: String) throws(StoreError) {}

    package func batches(after number: UInt64?) throws -> [FeedBatch] {
        throw StoreError(.unavailable, "the log cannot be read yet")
    }

    package func write(_ batch: FeedBatch) -> FeedBook.Outcome { .unknown }

    /// Why the last write's outcome is not known; nil where it is.
    package var trouble: String? { nil }
}
