import API
import Observability
import Platform

/// What `/metrics` tells of a feed.
enum FeedMetrics {
    /// Of any feed.
    static func observe(_ feed: any StateFeed, in metrics: Metrics) throws(MetricsError) {
        let (hub, resident) = (feed.hub, feed.resident)
        try metrics.observe("converge_feed_clients", "Clients of /v1/changes.") { [MetricReading(Double(hub.clientCount))] }
        try metrics.observe(
            "converge_feed_age_seconds",
            "Time since the moment up to which everything that was durable is in memory; absent before the state was read once."
        ) {
            guard let asOf = resident.extent(of: .agent).asOf else { return [] }
            return [MetricReading(Double(max(0, Timestamp.now.milliseconds - asOf.milliseconds)) * 0.001)]
        }
        try metrics.observe("converge_feed_resident_bytes", "Bytes of entities in memory, about.") {
            [MetricReading(Double(resident.size.bytes))]
        }
        try metrics.observe("converge_feed_resident_entities", "Entities in memory.") {
            [MetricReading(Double(resident.size.entities))]
        }
    }

    /// Of a feed of tables.
    static func observeFollowing(_ standing: @escaping @Sendable () -> FeedStanding, in metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_feed_follows",
            "Whether this process follows the streams of the tables, 1, or reads what another one writes, 0."
        ) { [MetricReading(standing().role == .following ? 1 : 0)] }
        try metrics.observe("converge_feed_shards", "Shards that this process reads.") {
            [MetricReading(Double(standing().shards))]
        }
        try metrics.observe("converge_feed_batches_total", "Batches of the feed that were taken in.") {
            [MetricReading(Double(standing().batches))]
        }
        try metrics.observe(
            "converge_feed_resets_total", "How often changes may have been missing, and the state was read anew."
        ) { [MetricReading(Double(standing().resets))] }
        try metrics.observe(
            "converge_feed_damaged_rows_total",
            "Versions of rows that this process passed over in the streams because no program can read them."
        ) { [MetricReading(Double(standing().damaged))] }
        try metrics.observe(
            "converge_feed_newest_batch_age_seconds",
            "Time since the newest batch that is known was written; absent where none is. More than 20: nobody follows."
        ) {
            standing().newest.map { newest in
                [MetricReading(Double(max(0, Timestamp.now.milliseconds - newest.milliseconds)) * 0.001)]
            } ?? []
        }
    }
}
