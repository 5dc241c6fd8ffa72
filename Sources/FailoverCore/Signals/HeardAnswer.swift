/// What came of one question to a service.
package enum HeardAnswer: Equatable, Sendable {
    /// It answered as it is documented to.
    case answered
    /// No answer at all, or an error of the service's own (5xx): what a Region that is down looks like from here.
    case silent(String)
    /// A throttle, a refusal, or a fault of our own, such as a name that cannot be resolved or credentials that have expired: it says nothing of the Region.
    case unclear(String)
}
