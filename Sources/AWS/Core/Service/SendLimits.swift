public import Platform

/// When one operation may be sent and how often, for changes that must not take effect twice or late. Everything else goes by the client's
/// rules, ``SendLimits/init()``.
///
///     var limits = SendLimits()
///     limits.sendsOnce = true
///     limits.deadline = .now + .seconds(20)
///     limits.signedAt = .now
///     try client.perform(operation, limits)
///
/// What bounds a process that is paused between any two of its steps is the signature alone: AWS refuses a request that arrives more than
/// five minutes after its signing time, by its own clock, so that one which was signed at ``signedAt`` has no effect after that
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html). This machine's ``deadline`` is checked last
/// before the request goes to the HTTP client, and bounds how long connecting may take.
public struct SendLimits: Sendable {
    /// One request at most, over a connection of its own, as a kept one that turns out to be dead is sent on a second time. What else is
    /// answered by signing anew fails, too: an expired session, a clock that is off. The client has learned of it then, so that the
    /// caller's next request does better.
    public var sendsOnce = false
    /// The signing time, by this machine's clock; what is known of the service's clock corrects it. Nil: the moment of sending.
    public var signedAt: Timestamp?
    /// From this moment on nothing is sent any more, whatever was waited for: a place in the rate, credentials, a retry's turn.
    public var deadline: ContinuousClock.Instant?

    public init() {}

    /// Of the time until the deadline, nil where there is none.
    var remaining: Duration? { deadline.map { $0 - .now } }
}
