extension RoutingControl {
    /// What an error of a cluster's endpoint comes to.
    public enum Failure: Hashable, Sendable {
        /// The control or its panel is not there.
        case missing
        /// A permission is missing.
        case denied
        /// The service will not take this request.
        case invalid
        /// A safety rule forbids it. It was not done.
        case ruledOut
        /// Another endpoint may do: this one is away, throttles, or gave no answer. It may have been done.
        case tryAnother
        /// Anything else: it was not done.
        case refused

        init(_ error: AWSError) {
            switch error.code {
            case "ResourceNotFoundException": self = .missing
            case "AccessDeniedException": self = .denied
            case "ValidationException": self = .invalid
            case "ConflictException": self = .ruledOut
            case "EndpointTemporarilyUnavailableException", "InternalServerException": self = .tryAnother
            default: self = error.errorClass.isRetryable || error.mayBeDone ? .tryAnother : .refused
            }
        }
    }
}

extension AWSError {
    /// What it comes to as an error of a cluster of routing controls.
    public var routingControl: RoutingControl.Failure { RoutingControl.Failure(self) }
}
