/// Why a record processor cannot go on. The daemon ends with it; what was not checkpointed comes again.
public enum KCLError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The daemon wrote what is no message of the protocol.
    case malformed(reason: String)
    /// A line is longer than ``KCLInput/lineBytesMax``.
    case lineTooLong(limitBytes: Int)
    /// A pipe to or from the daemon failed. `action`: read or write.
    case pipe(action: String, reason: String)
    /// The lease's checkpoint was made for another table. `found`: its epoch, nil where the lease carries none.
    case otherTable(shard: String, leaseTable: String, found: String?, expected: String)
    /// The lease table could not be asked for the epoch of a checkpoint.
    case leaseTable(name: String, reason: String)

    public var description: String {
        switch self {
        case .malformed(let reason):
            "invalid message of the MultiLang protocol on standard input: \(reason); start converge kcl as the executableName of "
                + "KCL's MultiLangDaemon"
        case .lineTooLong(let limit): "the daemon wrote a line of more than \(limit) bytes; lower maxRecords in its properties"
        case .pipe(let action, let reason): "cannot \(action) the pipe of the daemon: \(reason)"
        case .otherTable(let shard, let leaseTable, let found, let expected):
            "\(shard): the checkpoint in the lease table \(leaseTable) has \(found.map { "the table epoch \($0)" } ?? "no table epoch"), "
                + "and the store has \(expected): records before the checkpoint may be missing in the store. Stop all workers of this "
                + "application, delete the lease table (or set the checkpoints of its rows to TRIM_HORIZON), and restart them"
        case .leaseTable(let name, let reason): "cannot use the lease table \(name): \(reason)"
        }
    }
}
