/// Why a worker could not go on, beside what its source, store and sink throw.
public enum PipelineError: Error, Equatable, CustomStringConvertible {
    case noThread
    case tableReplaced

    public var description: String {
        switch self {
        case .noThread: "the system gave no further thread; try fewer --threads, or raise the limit on processes (ulimit -u)"
        case .tableReplaced:
            "the table was restored, emptied or replaced while the worker ran; it has to read from the beginning"
        }
    }
}
