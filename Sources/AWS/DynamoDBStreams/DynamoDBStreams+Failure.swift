extension DynamoDBStreams {
    /// What an error of DynamoDB Streams comes to. Source: the errors of the operations in its API reference.
    public enum Failure: Hashable, Sendable {
        /// The stream or the shard is not there, or no more.
        case missing
        /// What was asked for has been trimmed: a stream keeps 24 hours.
        case trimmed
        /// An iterator is valid for 15 minutes.
        case iteratorExpired
        /// More than two read a shard, or operations come too often.
        case throttled
        /// Anything else, the lack of a response included.
        case other

        init(_ error: AWSError) {
            switch error.code {
            case "ResourceNotFoundException": self = .missing
            case "TrimmedDataAccessException": self = .trimmed
            case "ExpiredIteratorException": self = .iteratorExpired
            case "LimitExceededException": self = .throttled
            default: self = error.errorClass == .throttling ? .throttled : .other
            }
        }
    }
}

extension AWSError {
    /// What it comes to as an error of DynamoDB Streams.
    public var dynamoDBStreams: DynamoDBStreams.Failure { DynamoDBStreams.Failure(self) }
}
