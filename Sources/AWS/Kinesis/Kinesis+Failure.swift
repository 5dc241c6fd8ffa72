extension Kinesis {
    /// What an error of Kinesis comes to.
    public enum Failure: Hashable, Sendable {
        /// The stream, the shard or the consumer is not there.
        case missing
        /// It is being made, changed or deleted; a shard has another subscription.
        case inUse
        /// An iterator is valid for five minutes.
        case iteratorExpired
        /// Who reads the shard at the same time has used its rate up.
        case throughputExceeded
        /// A permission is missing, of the stream or of its key.
        case denied
        /// Anything else, the lack of a response included.
        case other

        /// `code`: the error's name without its namespace.
        public init(code: String) {
            switch code {
            case "ResourceNotFoundException": self = .missing
            case "ResourceInUseException": self = .inUse
            case "ExpiredIteratorException": self = .iteratorExpired
            case "ProvisionedThroughputExceededException": self = .throughputExceeded
            default: self = code.contains("AccessDenied") ? .denied : .other
            }
        }
    }
}

extension AWSError {
    /// What it comes to as an error of Kinesis.
    public var kinesis: Kinesis.Failure { Kinesis.Failure(code: code) }
}
