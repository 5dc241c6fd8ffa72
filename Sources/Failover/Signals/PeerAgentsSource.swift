import FailoverCore
import Synchronization

/// The other Region's agents, out of the rows that its workers write and replication brings: all of them are read once a minute, and every 15 s while they complain.
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
    private let read: @Sendable (AgentWatch) -> String?
    private let now: @Sendable () -> Int64
    private let pace = Mutex(PeerAgentsSource.paceMilliseconds)

    /// `delay`: for how long a heartbeat may wait for its write there. `read` hands every row of an agent there to the watch, and says what went wrong; nil: nothing. It takes some
    /// seconds at most.
    package init(
        of region: String, _ agents: AgentWatch, delay: Int64, canary: @escaping @Sendable () -> CanarySight,
        now: @escaping @Sendable () -> Int64, read: @escaping @Sendable (AgentWatch) -> String?
    ) {
        name = "heartbeats/\(region)"
        self.region = region
        self.agents = agents
        heartbeatDelay = delay
        self.canary = canary
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
        guard trouble == nil else {
            return SignalLook([signal], nextAt: began + max(PeerAgentsSource.complainingMilliseconds, 10 * took))
        }
        let next = max(PeerAgentsSource.paceMilliseconds, 100 * took)
        pace.withLock { $0 = next }
        let isComplaint = signal.state == .unhealthy && next == PeerAgentsSource.paceMilliseconds
        return SignalLook([signal], nextAt: began + (isComplaint ? PeerAgentsSource.complainingMilliseconds : next))
    }
}
