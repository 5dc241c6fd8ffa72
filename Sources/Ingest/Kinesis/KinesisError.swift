/// Why streams cannot be read. What passes by itself, such as a service that does not answer, is no error but a ``KinesisEvent``.
public enum KinesisError: Error, Equatable, Sendable, CustomStringConvertible {
    case noStream(String, regions: [String])
    /// Settings that say nothing that can be read.
    case settings(reason: String)
    case leaseTable(String, reason: String)
    /// A service has refused for good: permissions, mostly.
    case refused(reason: String)
    case noStart(shard: String, reason: String)
    case commit(reason: String)

    public var description: String {
        switch self {
        case .noStream(let name, let regions):
            "there is no Kinesis stream \(name) in \(regions.joined(separator: ", ")); create it, or mend kinesis.streams and kinesis.regions"
        case .settings(let reason): "the Kinesis settings: \(reason)"
        case .leaseTable(let name, let reason):
            "the DynamoDB table \(name) cannot hold leases: \(reason); name another with kinesis.application"
        case .refused(let reason): reason
        case .noStart(let shard, let reason): "\(shard): nobody says where to begin: \(reason)"
        case .commit(let reason): "cannot commit to the lease table: \(reason)"
        }
    }
}
