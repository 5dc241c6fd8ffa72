/// Why a worker could not go on, beside what its source, store and sink throw.
public enum PipelineError: Error, Equatable, CustomStringConvertible {
    case noThread
    case tableReplaced

    public var description: String {
        switch self {
        case .noThread: "cannot start a thread; use fewer --threads, or raise the limit of processes (ulimit -u)"
        case .tableReplaced:
            "a DynamoDB table was restored, emptied or replaced while the worker ran; restart the worker, which then reads from the beginning"
        }
    }
}
