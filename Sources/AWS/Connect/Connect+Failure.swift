import HTTPClient

extension Connect {
    /// What an error of Amazon Connect comes to. Whether it was done is certain of an operation that was sent once: see ``SendLimits``.
    ///
    /// Sources: botocore's service model; what a conflict means on an update of a distribution is documented nowhere, so that whoever meets
    /// one reads again.
    public enum Failure: Hashable, Sendable {
        /// The instance, the group or the number is not there. A group's bare id gives it, too, in every Region but the group's own.
        case missing
        /// A permission is missing.
        case denied
        /// The service will not take this request, however often it is asked: a value, or a group that is not active.
        case invalid
        /// Something else is changing it.
        case conflict
        /// Fewer requests are wanted. It was not done.
        case throttled
        /// It never reached the service: no address, no connection, no credentials, too late. It was not done.
        case unsent
        /// No response, or the service was unwell: it may have been done.
        case unknown
        /// Any other refusal. It was not done.
        case refused

        init(_ error: AWSError) {
            switch error.code {
            case "ResourceNotFoundException": self = .missing
            case "AccessDeniedException": self = .denied
            case "InvalidRequestException", "InvalidParameterException": self = .invalid
            case "ResourceConflictException": self = .conflict
            default:
                if error.errorClass == .throttling {
                    self = .throttled
                } else if error.mayBeDone {
                    self = .unknown
                } else {
                    self = error.refusal == nil ? .unsent : .refused
                }
            }
        }
    }
}

extension AWSError {
    /// What it comes to as an error of Amazon Connect.
    public var connect: Connect.Failure { Connect.Failure(self) }
}
