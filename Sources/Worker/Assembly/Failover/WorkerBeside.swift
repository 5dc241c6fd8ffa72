import AWS
import Failover
import FailoverCore
import Platform
import Storage
import Synchronization

/// A worker that a controller stands beside, or the workers of its Region as the tables tell of them.
struct WorkerBeside: Sendable {
    let sights: WorkerSights
    /// For how long a heartbeat may wait for its write, in milliseconds.
    let delay: Int64
    /// What the tables' names begin with; nil where the state is in this machine alone.
    let prefix: String?
    let links: @Sendable () -> [ReplicationLink]
    /// How old the oldest event is that is not written yet; nil where that is not known.
    let lag: @Sendable () -> Int64?

    func sources(_ settings: SignalSettings, _ session: AWSSession) throws -> [any SignalSource] {
        sights.sources(
            settings, delay: delay, lag: lag, canary: links,
            tables: try prefix.map { try WorkerSights.reader(session, prefix: $0) })
    }

    /// What says how much the other Region has to lose: the contacts that are expected there, and until there is something to expect, the agents who are online.
    func volumes(_ access: FailoverAccess, _ session: AWSSession, _ runner: FailoverRunner, _ counted: StartsCounted) throws
        -> [any SignalSource]
    {
        let agents = ObservedSource("volume") { [weak runner] _ in
            if let volume = sights.peerAgents { runner?.observe(volume) }
            return []
        }
        guard let prefix else { return [agents] }
        let (links, peer) = (links, access.peer)
        let starts = StartsSource(
            try WorkerSights.reader(session, prefix: prefix), region: access.region, peer: peer,
            replication: { links().first { $0.from == peer }?.lagMilliseconds ?? 0 }, lag: lag,
            shares: { [weak runner] in
                (runner?.status.groups?.first).map { ($0.shares.telephony, $0.changedAt) }
            }
        ) { [weak runner] in runner?.observe($0) }
        counted.source.withLock { $0 = starts }
        return [agents, starts]
    }

    /// What says how a change lands in this Region. Without tables that both Regions share it is contacts that start here alone; agents are looked at where their signal does so, too.
    func landing(_ settings: SignalSettings, _ session: AWSSession, _ counted: StartsCounted) throws -> LandingSights {
        let sights = sights
        let tables = settings.readsPeerAgents ? try prefix.map { try WorkerSights.reader(session, prefix: $0) } : nil
        return LandingSights(
            feed: sights.landing, agentsKnown: { sights.peerAgentsKnown },
            look: {
                var look = try tables.map { try sights.look($0) } ?? LandingWatch.Look()
                if let started = counted.newestThere(before: Timestamp.now.milliseconds) {
                    look.newestFact = max(look.newestFact ?? started, started)
                }
                return look
            }, minutes: { counted.minutes($0) })
    }
}

/// The contacts of both Regions by minute, once there is who counts them.
final class StartsCounted: Sendable {
    let source = Mutex<StartsSource?>(nil)

    func minutes(_ range: Range<Int64>) -> [Landing.Minute] { source.withLock { $0 }?.minutes(range) ?? [] }

    /// When the newest minute of the last hour began in which contacts started in the other Region: a fact of that Region that can be read here, up to a minute older than it has to be.
    func newestThere(before wall: Int64) -> Int64? {
        let minute = wall / 60_000
        return minutes((minute - 60)..<(minute + 1)).last { $0.losing > 0 }?.start
    }
}
