extension Health {
    /// What an error of AWS Health comes to.
    public enum Failure: Hashable, Sendable {
        /// The account has no support plan that the API comes with: nothing will be known from here.
        case notSubscribed
        /// A permission is missing.
        case denied
        /// Anything else, the lack of a response included.
        case other

        init(_ error: AWSError) {
            switch error.code {
            case "SubscriptionRequiredException": self = .notSubscribed
            default: self = error.code.contains("AccessDenied") ? .denied : .other
            }
        }
    }
}

extension AWSError {
    /// What it comes to as an error of AWS Health.
    public var health: Health.Failure { Health.Failure(self) }
}
