public import Platform

/// What changes the meaning of events.
public struct DecoderOptions: Equatable, Sendable {
    /// The attribute of a record or contact event that names the customer where the field `customerId` does not.
    public var customerAttribute: String
    /// Which events are too far ahead of their arrival.
    public var skewGuard: SkewGuard
    /// Whether contacts that customers start are counted, in entities of the kind `volume`.
    public var countsVolume: Bool
    /// Under which phone numbers, e-mail addresses and chat identities become aliases of customers; nil: none are written.
    public var aliasKey: AliasKey?

    public init(
        customerAttribute: String = "customerId", skewGuard: SkewGuard = SkewGuard(), countsVolume: Bool = true,
        aliasKey: AliasKey? = nil
    ) {
        self.customerAttribute = customerAttribute
        self.skewGuard = skewGuard
        self.countsVolume = countsVolume
        self.aliasKey = aliasKey
    }
}

/// Keeps an event with a clock far ahead out of the state: its registers would win for ever.
///
/// The yardstick is the event's arrival at the broker, never the worker's clock. An event without an arrival time is held
/// against `now` if that is given, and passes otherwise.
public struct SkewGuard: Equatable, Sendable {
    /// How far ahead of its arrival an event may be stamped, in milliseconds.
    public var maxSkew: Int64
    /// Stands in for the arrival where a capture has none.
    public var now: Timestamp?

    public init(maxSkew: Int64 = 300_000, now: Timestamp? = nil) {
        self.maxSkew = maxSkew
        self.now = now
    }

    @inline(__always)
    public func admits(_ time: Timestamp, arrival: Timestamp?) -> Bool {
        guard let yardstick = arrival ?? now else { return true }
        // An arrival is whatever a broker was told, so the difference may not fit.
        let (skew, overflow) = time.milliseconds.subtractingReportingOverflow(yardstick.milliseconds)
        return overflow ? yardstick.milliseconds > 0 : skew <= maxSkew
    }
}
