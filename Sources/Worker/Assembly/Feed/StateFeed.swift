import API
import Observability

/// Where a process hears what changes, and what it keeps of it in memory: of a store that is its own, or of tables.
protocol StateFeed: Sendable {
    /// The clients of `/v1/changes`.
    var hub: ChangeHub { get }
    /// What lists are answered from.
    var resident: ResidentState { get }
    /// Whether it hears, and whether lists can be answered. Beside the process's own: who cannot list can still read.
    var checks: [HealthReport.Check] { get }

    func observe(_ metrics: Metrics) throws(MetricsError)
    func start()
    /// Ends the clients' streams, and returns when its threads are over.
    func stop()
}

/// What a feed takes of memory.
enum FeedBounds {
    /// Bytes of entities.
    static let viewBytesMax = 256 << 20
    /// Bytes of batches that are kept for clients that come again.
    static let windowBytesMax = 32 << 20
}
