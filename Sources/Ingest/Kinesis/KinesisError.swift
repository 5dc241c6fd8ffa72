/// Why streams cannot be read. What passes by itself, such as a service that does not answer, is no error but a
/// ``KinesisEvent``.
public enum KinesisError: Error, Equatable, Sendable, CustomStringConvertible {
    case noStream(String, regions: [String])
    /// Settings that say nothing that can be read.
    case settings(reason: String)
    case leaseTable(String, reason: String)
    /// Workers of one application write to different tables: each would void what the others committed.
    case otherTables(leaseTable: String, found: String, own: String)
    /// A service has refused for good: permissions, mostly.
    case refused(reason: String)
    case noStart(shard: String, reason: String)
    case commit(reason: String)

    public var description: String {
        switch self {
        case .noStream(let name, let regions):
            "there is no Kinesis stream \(name) in \(regions.joined(separator: ", ")); create it, or correct kinesis.streams and "
                + "kinesis.regions"
        case .settings(let reason): "Kinesis settings: \(reason)"
        case .leaseTable(let name, let reason):
            "the DynamoDB table \(name) cannot hold leases: \(reason); set kinesis.application to another name"
        case .otherTables(let leaseTable, let found, let own):
            "lease table \(leaseTable) belongs to workers with store.prefix \(found); this worker has store.prefix \(own). All workers of an "
                + "application must write to the same tables. Set store.prefix to \(found), or use another kinesis.application. If the state "
                + "has moved to \(own) permanently, stop all workers and delete the lease table: the streams are then read from the beginning"
        case .refused(let reason): reason
        case .noStart(let shard, let reason): "\(shard): cannot determine where to start: \(reason)"
        case .commit(let reason): "cannot commit to the lease table: \(reason)"
        }
    }
}
