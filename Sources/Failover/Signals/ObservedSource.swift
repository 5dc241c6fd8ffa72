import FailoverCore

/// A signal out of what this worker sees itself: it is asked at a fixed pace, and reaches nobody.
package final class ObservedSource: SignalSource {
    package static let paceMilliseconds: Int64 = 5_000

    package let name: String
    private let say: @Sendable (_ now: Int64) -> [Signal]

    package init(_ name: String, _ say: @escaping @Sendable (_ now: Int64) -> [Signal]) {
        self.name = name
        self.say = say
    }

    package func look(now: Int64) -> SignalLook { SignalLook(say(now), nextAt: now + ObservedSource.paceMilliseconds) }
}

/// What the replication canary knows of the way from the other Region.
package struct CanarySight: Equatable, Sendable {
    /// The age of the newest row from there, by this machine's clock, in milliseconds; nil where none was ever seen.
    package var lag: Int64?
    /// By how much this Region's clock is ahead of the other's at most; nil where that is not known.
    package var aheadMax: Int64?

    package init(lag: Int64?, aheadMax: Int64?) {
        self.lag = lag
        self.aheadMax = aheadMax
    }

    /// How late rows are, whatever the clocks say; nil where nobody knows.
    var delay: Int64? { lag.map { max(0, $0 - max(0, aheadMax ?? 0)) } }
}

extension ObservedSource {
    package static func canary(of region: String, _ sight: @escaping @Sendable () -> CanarySight) -> ObservedSource {
        ObservedSource("canary") { now in
            let sight = sight()
            return [CanaryAge.signal(of: region, lag: sight.lag, aheadMax: sight.aheadMax, now: now)]
        }
    }

    /// The agents of this Region, out of the rows that this worker writes. `delay`: for how long a heartbeat may wait for its write; `lag`: how old the oldest event is that is not
    /// written yet, nil where that is not known.
    package static func ownAgents(
        of region: String, _ agents: AgentWatch, delay: Int64, lag: @escaping @Sendable () -> Int64?
    ) -> ObservedSource {
        ObservedSource("heartbeats/\(region)") { now in
            guard let lag = lag() else {
                return [
                    AgentPulse.signal(of: region, isOwn: true, nil, why: "how far this worker is behind is not known", now: now)
                ]
            }
            guard lag <= lagMax else {
                return [AgentPulse.signal(of: region, isOwn: true, nil, why: "this worker is \(lag / 1000) s behind", now: now)]
            }
            let counts = agents.counts(of: region, delay: delay + lag + paceMilliseconds, now: now)
            return [AgentPulse.signal(of: region, isOwn: true, counts, now: now)]
        }
    }

    /// The other Region's events in this Region's streams. Only for pairs with global routing: others show none.
    package static func events(
        of region: String, _ events: EventWatch, lag: @escaping @Sendable () -> Int64?
    ) -> ObservedSource {
        ObservedSource("events-here/\(region)") { now in
            guard let lag = lag(), lag <= lagMax else {
                return [SeenEvents.signal(of: region, nil, why: "this worker is behind, or it is not known how far", now: now)]
            }
            return [SeenEvents.signal(of: region, events.minutes(now: now), now: now)]
        }
    }

    /// Who is further behind says nothing of anybody's silence.
    static let lagMax: Int64 = 60_000
}
