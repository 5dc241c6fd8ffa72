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
            "there is no Kinesis stream \(name) in \(regions.joined(separator: ", ")); create it, or mend kinesis.streams and "
                + "kinesis.regions"
        case .settings(let reason): "the Kinesis settings: \(reason)"
        case .leaseTable(let name, let reason):
            "the DynamoDB table \(name) cannot hold leases: \(reason); name another with kinesis.application"
        case .otherTables(let leaseTable, let found, let own):
            "the lease table \(leaseTable) is of workers whose store.prefix is \(found), and this one's is \(own): of one application all "
                + "write to the same tables. Mend store.prefix, or give this worker a kinesis.application of its own; where the state has "
                + "moved to \(own) for good, stop all workers and delete the lease table: everything is read again"
        case .refused(let reason): reason
        case .noStart(let shard, let reason): "\(shard): nobody says where to begin: \(reason)"
        case .commit(let reason): "cannot commit to the lease table: \(reason)"
        }
    }
}
