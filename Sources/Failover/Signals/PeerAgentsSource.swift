import FailoverCore
import Synchronization

/// The other Region's agents, out of the rows that its workers write and replication brings: all of them are read once a minute, and every 15 s while they complain. Where
/// nobody sees the own Region's as they are written, they are judged by the same reading.
///
/// Cost: as said by whoever reads (of a DynamoDB table, a read unit for each 4 KB of all agents' rows: 10,000 agents of 1.5 KB in both Regions take 7,500 units a time, 1.35 dollars a day). It is read
/// less often where reading takes more than a hundredth of the time. What cannot be read is tried again after 15 s, or ten times as long as trying took.
package final class PeerAgentsSource: SignalSource {
    static let paceMilliseconds: Int64 = 60_000
    static let complainingMilliseconds: Int64 = 15_000

    package let name: String
    private let region: String
    private let agents: AgentWatch
    private let heartbeatDelay: Int64
    private let canary: @Sendable () -> CanarySight
    private let own: Own?
    private let read: @Sendable (AgentWatch) -> String?
    private let now: @Sendable () -> Int64
    private let pace = Mutex(PeerAgentsSource.paceMilliseconds)

    /// The own Region's agents, out of the same rows.
    package struct Own: Sendable {
        let region: String
        let lag: @Sendable () -> Int64?

        /// `lag`: how far the Region's workers are behind, in milliseconds; nil where that is not known.
        package init(region: String, lag: @escaping @Sendable () -> Int64?) { (self.region, self.lag) = (region, lag) }
    }

    /// `delay`: for how long a heartbeat may wait for its write there. `read` hands every row of an agent there to the watch, and says what went wrong; nil: nothing. It takes some
    /// seconds at most.
    package init(
        of region: String, _ agents: AgentWatch, delay: Int64, canary: @escaping @Sendable () -> CanarySight,
        own: Own? = nil, now: @escaping @Sendable () -> Int64, read: @escaping @Sendable (AgentWatch) -> String?
    ) {
        name = "heartbeats/\(region)"
        self.region = region
        self.agents = agents
        heartbeatDelay = delay
        self.canary = canary
        self.own = own
        self.now = now
        self.read = read
    }

    package func look(now began: Int64) -> SignalLook {
        let trouble = read(agents)
        let took = now() - began
        var counts: AgentPulse.Counts?
        let why: String
        let usual = pace.withLock { $0 }
        if let trouble {
            why = trouble
        } else if let late = canary().delay {
            counts = agents.counts(of: region, delay: heartbeatDelay + late + usual + took, now: began + took)
            why = ""
        } else {
            why = "how late replication is, is not known"
        }
        let signal = AgentPulse.signal(of: region, isOwn: false, counts, why: why, now: began)
        let signals = [signal] + (own.map { [ownSignal($0, trouble, usual + took, began: began, took: took)] } ?? [])
        guard trouble == nil else {
            return SignalLook(signals, nextAt: began + max(PeerAgentsSource.complainingMilliseconds, 10 * took))
        }
        let next = max(PeerAgentsSource.paceMilliseconds, 100 * took)
        pace.withLock { $0 = next }
        let isComplaint = signal.state == .unhealthy && next == PeerAgentsSource.paceMilliseconds
        return SignalLook(signals, nextAt: began + (isComplaint ? PeerAgentsSource.complainingMilliseconds : next))
    }

    private func ownSignal(_ own: Own, _ trouble: String?, _ between: Int64, began: Int64, took: Int64) -> Signal {
        guard trouble == nil, let lag = own.lag(), lag <= ObservedSource.lagMax else {
            let why = trouble ?? "the workers of \(own.region) are behind, or it is not known how far"
            return AgentPulse.signal(of: own.region, isOwn: true, nil, why: why, now: began)
        }
        let counts = agents.counts(of: own.region, delay: heartbeatDelay + lag + between, now: began + took)
        return AgentPulse.signal(of: own.region, isOwn: true, counts, now: began)
    }
}
