extension Route53 {
    /// What an error of Route 53 comes to.
    public enum Failure: Hashable, Sendable {
        /// The zone or a health check is not there.
        case missing
        /// The change is not known, or not any more: one that was made before the control plane failed over may be lost, and is made
        /// again.
        case changeUnknown
        /// An earlier change of the zone is still being taken.
        case busy
        /// The batch is refused, whole: a value, or a record that is protected.
        case invalid
        /// A permission is missing.
        case denied
        /// Fewer requests are wanted.
        case throttled
        /// No response, or the service was unwell: it may have been done.
        case unknown
        /// Anything else: it was not done.
        case refused

        init(_ error: AWSError) {
            switch error.code {
            case "NoSuchHostedZone", "NoSuchHealthCheck": self = .missing
            case "NoSuchChange": self = .changeUnknown
            case "PriorRequestNotComplete": self = .busy
            case "InvalidChangeBatch", "InvalidInput": self = .invalid
            case "AccessDenied", "AccessDeniedException": self = .denied
            default: self = error.errorClass == .throttling ? .throttled : error.mayBeDone ? .unknown : .refused
            }
        }
    }
}

extension AWSError {
    /// What it comes to as an error of Route 53.
    public var route53: Route53.Failure { Route53.Failure(self) }
}
