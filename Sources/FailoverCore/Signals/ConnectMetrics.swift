/// What CloudWatch's `AWS/Connect` says of a Region's calls, by the minute.
///
/// Only what a Region does to calls that reached it: no metric sees a call that never arrived. Calls beyond a quota (`ThrottledCalls`,
/// `CallsBreachingConcurrencyQuota`) are told and never complained of: the other Region's quotas are the same, so that moving traffic does not help.
package enum ConnectMetrics {
    /// One minute; nil where CloudWatch has no datapoint.
    package struct Minute: Equatable, Sendable {
        /// When it began, in milliseconds since 1970, as CloudWatch names it.
        package var start: Int64
        /// `CallsPerInterval`.
        package var calls: Double?
        /// `MisconfiguredPhoneNumbers`: calls to a number that led nowhere.
        package var misdirected: Double?
        /// `ContactFlowFatalErrors` of the flows that are watched: a flow that ended by a fault of the system.
        package var fatalErrors: Double?
        /// `ThrottledCalls` and `CallsBreachingConcurrencyQuota`.
        package var overQuota: Double?

        package init(
            start: Int64, calls: Double? = nil, misdirected: Double? = nil, fatalErrors: Double? = nil, overQuota: Double? = nil
        ) {
            self.start = start
            self.calls = calls
            self.misdirected = misdirected
            self.fatalErrors = fatalErrors
            self.overQuota = overQuota
        }
    }

    /// Whole minutes that are looked at.
    package static let minutesCounted = 3
    /// Calls in them, below which a share says nothing.
    static let callsMin = 5.0
    /// The newest minute with a datapoint may have ended so long ago.
    static let ageMax: Int64 = 180_000
    /// CloudWatch has a minute's figures some time after its end.
    package static let keptMilliseconds: Int64 = 90_000

    /// `minutes`: in any order; nil where CloudWatch was not heard (`why`). `asked` on the controller's clock, `wall` at the same moment in milliseconds since 1970.
    ///
    /// The signal is of the moment of asking, and its evidence says which minutes it is about: figures come a minute late, and who asks again after a wait asks
    /// whether they say the same still.
    package static func signal(
        of region: String, _ minutes: [Minute]?, why: String = "", asked: Int64, wall: Int64
    ) -> Signal {
        let (state, evidence) = judge(minutes, why, wall)
        return Signal(
            source: "cloudwatch", kind: .metrics, region: region, state: state, path: SignalPath(.monitoring),
            observedAt: asked,
            evidence: evidence, keptMilliseconds: keptMilliseconds)
    }

    private static func judge(_ minutes: [Minute]?, _ why: String, _ wall: Int64) -> (SignalState, String) {
        guard let minutes else { return (.unknown, "CloudWatch was not heard: \(why)") }
        // The minute that is not over yet has but some of its calls.
        let whole = minutes.filter { $0.start + 60_000 <= wall && $0.calls ?? $0.misdirected ?? $0.fatalErrors != nil }
            .sorted { $0.start < $1.start }.suffix(minutesCounted)
        guard let newest = whole.last else { return (.unknown, "CloudWatch has no datapoint of the last minutes") }
        let age = wall - newest.start - 60_000
        guard age <= ageMax else {
            return (.unknown, "CloudWatch's newest datapoint is of a minute that ended \(age / 1000) s ago")
        }
        func sum(_ value: (Minute) -> Double?) -> Double { whole.reduce(0) { $0 + (value($1) ?? 0) } }
        let (calls, misdirected, fatal) = (sum(\.calls), sum(\.misdirected), sum(\.fatalErrors))
        let all = calls + misdirected
        var said =
            "\(Int(calls)) calls, \(Int(misdirected)) to numbers that lead nowhere, \(Int(fatal)) flows ended by a fatal error, "
            + "in \(whole.count) minutes up to \(age / 1000) s ago"
        let overQuota = sum(\.overQuota)
        if overQuota > 0 { said += "; \(Int(overQuota)) calls beyond a quota" }
        guard all >= callsMin else { return (.unknown, "too few to tell: \(said)") }
        let bad = max(misdirected / all, calls > 0 ? fatal / calls : 0)
        return (bad >= 0.5 ? .unhealthy : bad <= 0.1 ? .healthy : .unknown, said)
    }
}
